# shellcheck shell=bash

the_rootfs_is_swapped() {
  chapter "the next root filesystem"
  local repository reference digest; repository=$(repository_of node-1) reference=$(reference_of node-1)

  succeeds "rootfs import takes the next version" client rootfs import cflinuxfs4 2 "$samples/rootfs-2.tar"
  is "importing alone changes no tag" "$digest_on_rootfs_1" "$(digest_of "$repository" "${hash[node-1]}")"
  succeeds "rootfs activate switches to it" client rootfs activate cflinuxfs4 2
  wait_until 5 has_left "$repository" "${hash[node-1]}" "$digest_on_rootfs_1"
  digest_on_rootfs_2=$(digest_of "$repository" "${hash[node-1]}")
  is_not "the same tag has a new digest within 5 s" "$digest_on_rootfs_1" "$digest_on_rootfs_2"

  fetch_manifest "$repository" "${hash[node-1]}" "$work/node-1.rootfs-2.json"
  fetch_manifest "$(repository_of static-1)" "${hash[static-1]}" "$work/static-1.rootfs-2.json"
  is "its droplet layers are the same ones" "$(droplet_layers 1)" "$(droplet_layers 2)"
  is "swapping the root filesystem converted nothing" "$conversions_by_uploads" "$(conversions)"

  is "the tag that pins version 1 has the old digest" "$digest_on_rootfs_1" "$(digest_of "$repository" "${hash[node-1]}.cflinuxfs4-1")"
  is "the tag that pins version 2 has the new digest" "$digest_on_rootfs_2" "$(digest_of "$repository" "${hash[node-1]}.cflinuxfs4-2")"

  current_rootfs=2
  containerd_forget "$reference" > "$work/log/forget" 2>&1
  succeeds "containerd pulls the tag afresh" containerd_pull "$reference"
  runs_web_app containerd node 1 10031 "$reference"
  podman_forget "$reference" > "$work/log/forget" 2>&1
  succeeds "podman pulls the tag afresh" podman_pull "$reference"
  runs_web_app podman node 1 10032 "$reference"

  current_rootfs=1
  digest=$registry/$repository@$digest_on_rootfs_1
  containerd_forget "$reference" > "$work/log/forget" 2>&1
  succeeds "containerd pulls the old image by its digest" containerd_pull "$digest"
  runs_web_app containerd node 1 10033 "$digest"
  succeeds "skopeo copies the old image by its digest" skopeo_ "docker://$digest" "dir:$work/skopeo/by-digest"

  succeeds "rootfs activate goes back to version 1" client rootfs activate cflinuxfs4 1
  wait_until 5 has_left "$repository" "${hash[node-1]}" "$digest_on_rootfs_2"
  is "the tag has the old digest again" "$digest_on_rootfs_1" "$(digest_of "$repository" "${hash[node-1]}")"
  succeeds "rootfs activate goes forward to version 2" client rootfs activate cflinuxfs4 2
  wait_until 5 has_left "$repository" "${hash[node-1]}" "$digest_on_rootfs_1"
  is "the tag has the new digest again" "$digest_on_rootfs_2" "$(digest_of "$repository" "${hash[node-1]}")"
  current_rootfs=2
}

has_left() { [ "$(digest_of "$1" "$2")" != "$3" ]; }
