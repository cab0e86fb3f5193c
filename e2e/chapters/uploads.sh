# shellcheck shell=bash

declare -A guid=(
  [node-1]=7d1ee0f5-4a0b-4a5e-9a43-4c8d1c6c0a01
  [node-2]=7d1ee0f5-4a0b-4a5e-9a43-4c8d1c6c0a01   # a redeploy of the same app
  [spring-1]=0f6d1b52-8f6b-4f0e-8d3b-2f1f7a9c0b02
  [static-1]=c3a9e1d4-55d2-4a0f-b1f0-6f0d8e7b0c03
)
declare -A hash   # by which the Cloud Controller names an upload

droplet() { printf '%s/%s.tgz' "$samples" "$1"; }
repository_of() { printf 'cloudfoundry/%s' "${guid[$1]}"; }
reference_of() { printf '%s/%s:%s' "$registry" "$(repository_of "$1")" "${hash[$1]}"; }

a_rootfs_is_imported() {
  chapter "the first root filesystem"
  succeeds "rootfs import takes a tar and activates it" client rootfs import cflinuxfs4 1 "$samples/rootfs-1.tar" --activate
  matches "rootfs list shows it" 'cflinuxfs4[^a-z0-9]+1' "$(client rootfs list 2>&1)"
  http GET "$api/rootfs"
  is "GET /rootfs without credentials is 401" 401 "$status"
  http GET "$api/rootfs" --user admin:wrong
  is "GET /rootfs with a wrong password is 401" 401 "$status"
  http GET "$api/rootfs" --user "$admin_user"
  names "GET /rootfs answers the administrator" "$status $(< "$body")" 200 cflinuxfs4 '"1"'
  http DELETE "$api/rootfs/cflinuxfs4/1" --user "$admin_user"
  is "the active version cannot be removed: 409" 409 "$status"
  current_rootfs=1
}

droplets_are_uploaded() {
  chapter "uploads, the Cloud Controller's way"
  local name before
  name_droplets

  before=$(conversions)
  http PUT "$api/droplets/${guid[node-1]}/${hash[node-1]}" --form "droplet=@$(droplet node-1);type=application/octet-stream"
  is_uploaded node-1 "multipart field droplet"
  is "node-1 was converted, once, before the answer" $((before + 1)) "$(conversions)"

  before=$(conversions)
  http PUT "$api/droplets/${guid[spring-1]}/${hash[spring-1]}" --form "bits=@$(droplet spring-1)"
  is_uploaded spring-1 "multipart field bits"
  is "spring-1 was converted, once, before the answer" $((before + 1)) "$(conversions)"

  before=$(conversions)
  succeeds "dropship droplet push uploads static-1" client droplet push "${guid[static-1]}" "${hash[static-1]}" "$(droplet static-1)"
  is "static-1 was converted, once, before the answer" $((before + 1)) "$(conversions)"

  before=$(conversions)
  http PUT "$api/droplets/${guid[node-2]}" --header "Digest: sha256=${hash[node-2]}" --header "Content-Type: application/octet-stream" \
    --upload-file "$(droplet node-2)"
  is "uploading node-2 (raw, with a Digest header) is 201" 201 "$status"
  is "the answer to node-2's upload has the app's guid and no hashes" "$(upload_answer "${guid[node-2]}" "" "")" "$(jq -cS 'del(.created_at)' "$body")"
  is "node-2 was converted, once, before the answer" $((before + 1)) "$(conversions)"

  for name in node-1 spring-1 static-1 node-2; do
    http GET "$api/droplets/${guid[$name]}/${hash[$name]}"
    is "$name comes back as it was uploaded" "200 $(sha256_of "$(droplet "$name")")" "$status $(sha256_of "$body")"
  done
  http GET "$api/droplets/${guid[node-1]}/${hash[node-1]}" --range 1000-2999
  is "a range of node-1 comes back as 206" "206 $(tail -c +1001 "$(droplet node-1)" | head -c 2000 | sha256sum)" "$status $(sha256sum < "$body")"
  http HEAD "$api/droplets/${guid[node-1]}/${hash[node-1]}"
  is "HEAD of node-1 is 200" 200 "$status"
  http GET "$api/droplets/${guid[node-1]}/no-such-hash"
  is "a droplet never uploaded is 404" 404 "$status"

  names "dropship droplet show prints reference and digest" "$(client droplet show "${guid[node-1]}" "${hash[node-1]}" 2>&1)" \
    "$(repository_of node-1):${hash[node-1]}" "sha256:"
}

name_droplets() {
  local name
  for name in node-1 spring-1 static-1; do hash[$name]=$(sha1_of "$(droplet "$name")"); done
  hash[node-2]=$(sha256_of "$(droplet node-2)")
}

is_uploaded() {   # is_uploaded NAME HOW
  is "uploading $1 ($2) is 201" 201 "$status"
  is "the answer to $1's upload has its guid and both its hashes" \
    "$(upload_answer "${guid[$1]}/${hash[$1]}" "${hash[$1]}" "$(sha256_of "$(droplet "$1")")")" "$(jq -cS 'del(.created_at)' "$body" 2>&1)"
  matches "the answer to $1's upload says when it was created" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)$' "$(jq -r .created_at "$body" 2>&1)"
}

upload_answer() {   # upload_answer GUID SHA1 SHA256
  jq -ncS --arg guid "$1" --arg sha1 "$2" --arg sha256 "$3" '{$guid, state: "READY", type: "bits", $sha1, $sha256}'
}

the_first_pull_converts_nothing() {
  chapter "the first request for an image"
  local before; before=$(conversions)
  conversions_by_uploads=$before
  fetch_manifest "$(repository_of node-1)" "${hash[node-1]}" "$work/node-1.rootfs-1.json"
  is "the first request for node-1's manifest is answered" 200 "$status"
  is "node-1's manifest hashes to the digest it was sent with" "sha256:$(sha256_of "$body")" "$(header docker-content-digest)"
  is "that request converted nothing" "$before" "$(conversions)"
  digest_on_rootfs_1=$(header docker-content-digest)

  fetch_manifest "$(repository_of static-1)" "${hash[static-1]}" "$work/static-1.rootfs-1.json"
  fetch_manifest "$(repository_of spring-1)" "${hash[spring-1]}" "$work/spring-1.rootfs-1.json"
  fetch_manifest "$(repository_of node-2)" "${hash[node-2]}" "$work/node-2.rootfs-1.json"
  is "node-2, a redeploy after a change of one line, has one layer that node-1 has not" 1 \
    "$(layers_of "$work/node-2.rootfs-1.json" | grep -cvxFf <(layers_of "$work/node-1.rootfs-1.json"))"
  is "all layers are compressed with zstd" application/vnd.oci.image.layer.v1.tar+zstd \
    "$(jq -r '.layers[].mediaType' "$work"/*.rootfs-1.json | sort -u)"
}

droplet_layers() {   # droplet_layers ROOTFS: node-1's layers that static-1 has not, lowest first
  layers_of "$work/node-1.rootfs-$1.json" | grep -vxFf <(layers_of "$work/static-1.rootfs-$1.json")
}
