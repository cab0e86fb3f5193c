package dropship.registry;

import dropship.registry.quickstart.DataFolder;
import dropship.registry.quickstart.SmallRootfs;
import java.net.URI;
import java.nio.file.Path;
import java.util.stream.Collectors;

/**
 * What quickstart tells people: commands that work as they are, in any folder.
 *
 * @param registry what clients call it, {@code host:port}
 */
record Guide(DataFolder data, String registry) {
  private static final String BRING_A_REAL_ONE =
      """
      To bring a real one, give --rootfs FILE, made for instance by one of these:
        docker export "$(docker create cloudfoundry/cflinuxfs4)" > cflinuxfs4.tar
        debootstrap --variant=minbase bookworm rootfs && tar -C rootfs -cf debian.tar .\
      """;

  private static final String COMMANDS =
      """
      In another terminal, with one of these:
      docker
        docker login --username pull --password-stdin {registry} < {password}
        docker pull {image}
        docker run --rm --publish {port}:8080 {image}
      podman
        podman pull --cert-dir {trusted} --creds {login} {image}
        podman run --rm --publish {port}:8080 {image}
      containerd
        {as root}ctr images pull --hosts-dir {trusted of all} --user {login} {image}
        {as root}ctr run --rm --net-host --env PORT={port} {image} {name}-$$
      skopeo
        skopeo copy --src-cert-dir {trusted} --src-creds {login} docker://{image} oci:{name}-image:{hash}
        podman run --rm --publish {port}:8080 oci:{name}-image:{hash}
      A web app then answers:
        curl http://localhost:{port}/
      """;

  String aboutRootfs(String version) {
    var name = "\nroot file system  " + version;
    if (SmallRootfs.isEmpty(version)) {
      return name + "\nIt is empty: images can be pulled, but not run.\n" + BRING_A_REAL_ONE;
    }
    if (SmallRootfs.isSmall(version)) {
      return name
          + "\nIt is made of this machine's bash and everyday programs: droplets of shell scripts run"
          + " on it,\nmost others do not. "
          + BRING_A_REAL_ONE;
    }
    return name;
  }

  String credentials(URI api) {
    return """

    registry     https://%s   user pull, password in %s
    api          %s   user admin, password in %s
    certificate  %s\
    """
        .formatted(
            registry, data.password("pull"), api, data.password("admin"), data.certificate());
  }

  /**
   * Commands that pull a droplet's image and, if it {@code canRun}, run it.
   *
   * @param port of this machine, where the app is to answer
   */
  String howToRun(String name, String hash, boolean canRun, int port) {
    var commands =
        COMMANDS
            .replace("{image}", registry + "/cloudfoundry/" + name + ":" + hash)
            .replace("{name}", name)
            .replace("{hash}", hash)
            .replace("{registry}", registry)
            .replace("{port}", String.valueOf(port))
            .replace("{login}", "\"pull:$(cat " + quoted(data.password("pull")) + ")\"")
            .replace("{password}", quoted(data.password("pull")))
            .replace("{trusted}", quoted(data.trusted(registry)))
            .replace("{trusted of all}", quoted(data.trusted()))
            .replace("{as root}", System.getProperty("user.name").equals("root") ? "" : "sudo ");
    return commands
        .lines()
        .filter(line -> canRun || !line.matches(".* (run|curl) .*|A web app.*"))
        .collect(Collectors.joining("\n", "\n", ""));
  }

  /** As a shell's one word, whatever is in it. */
  private static String quoted(Path path) {
    var text = path.toString();
    return text.matches("[A-Za-z0-9/._:@%+=,-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
