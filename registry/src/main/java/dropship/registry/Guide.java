package dropship.registry;

import java.nio.file.Path;

/** What quickstart tells people: commands that work when pasted. */
record Guide(Path folder, String registry, String api) {
  static String aboutSmallRootfs(boolean canRun) {
    return (canRun
            ? "This root file system is made of this machine's bash and everyday programs: droplets of"
                + " shell scripts run on it, others want a real one."
            : "This root file system is empty: images can be pulled, but not run.")
        + """

        To bring a real one, give --rootfs FILE, where FILE comes from one of these:
          docker export "$(docker create cloudfoundry/cflinuxfs4)" > cflinuxfs4.tar
          debootstrap --variant=minbase bookworm rootfs && tar -C rootfs -cf debian.tar .\
        """;
  }

  String credentials() {
    return """

    registry     https://%s   user pull, password in %s
    api          %s   user admin, password in %s
    certificate  %s\
    """
        .formatted(
            registry,
            folder.resolve("pull.pw"),
            api,
            folder.resolve("admin.pw"),
            folder.resolve("tls.crt"));
  }

  String howToRun(String name, String hash) {
    var image = registry + "/cloudfoundry/" + name + ":" + hash;
    var login = "pull:$(cat " + folder.resolve("pull.pw") + ")";
    var ca = folder.resolve("ca");
    return """

    docker (23 or newer)
      docker login --username pull --password-stdin %2$s < %6$s
      docker pull %1$s
      docker run --rm --publish 8081:8080 %1$s
    podman
      podman pull --cert-dir %4$s --creds "%3$s" %1$s
      podman run --rm --publish 8081:8080 %1$s
    containerd
      ctr images pull --tlscacert %5$s --user "%3$s" %1$s
      ctr run --rm --net-host %1$s %7$s
    skopeo
      skopeo copy --src-cert-dir %4$s --src-creds "%3$s" docker://%1$s oci:%7$s
    """
        .formatted(
            image, registry, login, ca, ca.resolve("ca.crt"), folder.resolve("pull.pw"), name);
  }

  String ending(Path asGiven) {
    return "Ctrl-C ends the server. The same command goes on with what is in " + asGiven + ".";
  }
}
