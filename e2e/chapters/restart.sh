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

what_nothing_needs_is_removed() {
  chapter "what nothing needs any more"
  local api=http://127.0.0.1:8085 ops=http://127.0.0.1:9095 layers before
  new_server tidy << 'YAML'
registry: {listen: 127.0.0.1:5005}
api: {listen: 127.0.0.1:8085, users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]}
ops: {listen: 127.0.0.1:9095}
store: {type: local, path: data}
gc: {grace: 2s}
YAML
  start_server tidy "$ops"
  layers=$work/tidy/data/dropship/layers
  succeeds "static-1 is pushed" client droplet push guid one "$samples/static-1.tgz"
  succeeds "node-1 is pushed" client droplet push guid two "$samples/node-1.tgz"
  before=$(find "$layers" -type f | wc -l)
  curl -fs -X DELETE "$api/droplets/guid/two"
  names "gc --dry-run says what waits" "$(client gc --dry-run 2>&1)" "would be removed: 0 blobs" "gc.grace: "
  client gc > "$work/log/gc-1" 2>&1
  is "what was needed a moment ago stays" "$before" "$(find "$layers" -type f | wc -l)"
  sleep 2.5
  matches "gc removes node-1's layers once the grace is over" 'removed: [1-9][0-9]* blobs, [0-9.]+ MiB' \
    "$(client gc 2>&1)"
  is "a layer is left for each that static-1 has" \
    "$(client droplet show guid one 2>&1 | grep -c 'sha256:.*unpacked')" "$(find "$layers" -type f | wc -l)"
  is "nothing is said of what is gone" "" "$(find "$work/tidy/data/dropship/tombstones" -type f)"
  stop_server tidy
}
