# shellcheck shell=bash

a_restart_loses_nothing() {
  chapter "a restart"
  local name version shown
  shown=$(client droplet show "${guid[node-1]}" "${hash[node-1]}" 2>&1)
  names "droplet show knows the digest on the new root filesystem" "$shown" "$digest_on_rootfs_2"

  stop_server zstd
  matches "SIGTERM ends the server within 15 s, with status 0 or 143" '^(0|143)$' "$exit_status"
  start_server zstd "$ops"

  is "the tag has the digest it had" "$digest_on_rootfs_2" "$(digest_of "$(repository_of node-1)" "${hash[node-1]}")"
  is "the old digest is known" "$digest_on_rootfs_1" "$(digest_of "$(repository_of node-1)" "$digest_on_rootfs_1")"
  is "droplet show says the same" "$shown" "$(client droplet show "${guid[node-1]}" "${hash[node-1]}" 2>&1)"
  for version in 1 2; do
    matches "rootfs list shows version $version" "cflinuxfs4[^a-z0-9]+$version" "$(client rootfs list 2>&1)"
  done
  for name in node-1 spring-1 static-1; do
    succeeds "skopeo copies $name" skopeo_ "docker://$(reference_of "$name")" "dir:$work/skopeo/$name-again"
    is "each blob of $name hashes to its name" "" "$(mismatched_blobs "$work/skopeo/$name-again")"
  done
  containerd_forget "$(reference_of static-1)" > "$work/log/forget" 2>&1
  succeeds "containerd pulls static-1" containerd_pull "$(reference_of static-1)"
  runs_static_app containerd "$(reference_of static-1)"
  is "nothing was converted after the restart" 0 "$(conversions)"
}
