# shellcheck shell=bash

containerd_and_podman_run_the_images() {
  chapter "containerd and podman"
  start_containerd
  containerd_trusts "$registry"
  runtime_runs_all containerd 10001
  runtime_runs_all podman 10011
}

runtime_runs_all() {   # runtime_runs_all RUNTIME FIRST-PORT
  local name
  for name in node-1 spring-1 static-1; do
    succeeds "$1 pulls $name" "$1_pull" "$(reference_of "$name")"
  done
  runs_web_app "$1" node 1 "$2" "$(reference_of node-1)"
  runs_web_app "$1" spring 1 $(($2 + 1)) "$(reference_of spring-1)"
  runs_static_app "$1" "$(reference_of static-1)"
}

skopeo_() { timeout 120 skopeo copy --quiet --src-cert-dir "$work/trust" --src-creds "$pull_user" "$@"; }

skopeo_verifies_every_byte() {
  chapter "skopeo, and every hash by hand"
  local name folder
  mkdir "$work/skopeo"
  for name in node-1 spring-1 static-1; do
    folder=$work/skopeo/$name
    succeeds "skopeo copies $name" skopeo_ "docker://$(reference_of "$name")" "dir:$folder" || continue
    is "each blob of $name hashes to its name" "" "$(mismatched_blobs "$folder")"
    is "each layer of $name, decompressed, hashes to its diffID" "$(diff_ids "$folder")" "$(hashes_of_layers "$folder")"
  done
  is "none of these pulls converted anything" "$conversions_by_uploads" "$(conversions)"
}

mismatched_blobs() {   # mismatched_blobs FOLDER: as skopeo writes it, blobs named by hex digest
  local blob
  for blob in "$1"/*; do
    case $(basename "$blob") in
      manifest.json | version) ;;
      *) [ "$(sha256_of "$blob")" = "$(basename "$blob")" ] || basename "$blob" ;;
    esac
  done
}

diff_ids() { jq -r '.rootfs.diff_ids[]' "$1/$(jq -r '.config.digest | ltrimstr("sha256:")' "$1/manifest.json")"; }

hashes_of_layers() {
  local digest type
  jq -r '.layers[] | "\(.digest | ltrimstr("sha256:")) \(.mediaType)"' "$1/manifest.json" | while read -r digest type; do
    case $type in
      *zstd) zstd -dcq "$1/$digest" ;;
      *gzip) gzip -dc "$1/$digest" ;;
      *) cat "$1/$digest" ;;
    esac | sha256sum | sed 's/^/sha256:/; s/ .*//'
  done
}

docker_runs_gzip_images() {
  chapter "docker, and a server with gzip layers and a TLS api"
  local registry=localhost:5001 api=https://localhost:8081 ops=http://127.0.0.1:9091 name
  local tls=(--server "$api" --user admin --password-file "$work/admin.pw" --ca "$work/ca.crt")
  new_server gzip << 'YAML'
registry:
  listen: 127.0.0.1:5001
  tls: {certificate: tls.crt, key: tls.key}
  users: [{name: pull, passwordFile: pull.pw, actions: [pull]}]
api:
  listen: 127.0.0.1:8081
  tls: {certificate: tls.crt, key: tls.key}
  users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]
ops: {listen: 127.0.0.1:9091}
store: {type: local, path: data}
image: {compression: gzip}
rootfs: {stack: cflinuxfs4}
limits: {droplets: 100MiB}
YAML
  start_server gzip "$ops"
  for name in node-1 spring-1 static-1; do
    succeeds "droplet push uploads $name over TLS" timeout 120 "$dropship" droplet push "${tls[@]}" "${guid[$name]}" "${hash[$name]}" "$(droplet "$name")"
  done
  registry HEAD "$(repository_of node-1)/manifests/${hash[node-1]}"
  is "before a root filesystem is active, tags are 503 with Retry-After" "503, after some seconds" \
    "$status, $([[ $(header retry-after) == [0-9]* ]] && echo after some seconds || echo no Retry-After)"
  succeeds "rootfs import works over TLS" timeout 120 "$dropship" rootfs import "${tls[@]}" cflinuxfs4 1 "$samples/rootfs-1.tar" --activate
  fetch_manifest "$(repository_of node-1)" "${hash[node-1]}" "$work/gzip.json"
  is "all layers are compressed with gzip" application/vnd.oci.image.layer.v1.tar+gzip "$(jq -r '.layers[].mediaType' "$work/gzip.json" | sort -u)"

  start_docker
  docker_trusts "$registry"
  current_rootfs=1 runtime_runs_all docker 10021

  a_droplet_over_the_limit_is_refused
  stop_server gzip
}
