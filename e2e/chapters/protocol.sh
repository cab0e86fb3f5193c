# shellcheck shell=bash

oci_manifest=application/vnd.oci.image.manifest.v1+json
docker_manifest=application/vnd.docker.distribution.manifest.v2+json

the_registry_speaks_the_protocol() {
  chapter "the registry protocol"
  local repository tag; repository=$(repository_of node-1) tag=${hash[node-1]}
  credentials_are_needed "$repository/manifests/$tag"
  errors_are_the_specified_ones "$repository" "$tag"
  manifests_can_be_cached "$repository" "$tag"
  blobs_come_in_ranges "$repository" "$(droplet_layers 1 | head -n 1)"
}

credentials_are_needed() {
  local path what
  for path in "" "$1"; do
    if [ -z "$path" ]; then what="GET /v2/"; else what="GET of a manifest"; fi
    http GET "https://$registry/v2/$path"
    matches "$what without credentials is 401 with a Basic challenge" '^401 UNAUTHORIZED Basic realm="[^"]+"' \
      "$(error) $(header www-authenticate)"
    http GET "https://$registry/v2/$path" --user pull:wrong
    is "$what with a wrong password is 401" "401 UNAUTHORIZED" "$(error)"
  done
  registry GET ""
  is "GET /v2/ with credentials is 200" 200 "$status"
}

errors_are_the_specified_ones() {
  local unknown; unknown=sha256:$(printf unknown | sha256sum | cut -d ' ' -f 1)
  registry GET "$1/manifests/no-such-tag"
  is "an unknown tag is MANIFEST_UNKNOWN" "404 MANIFEST_UNKNOWN" "$(error)"
  is "errors are JSON" application/json "$(header content-type)"
  registry GET "$1/manifests/$unknown"
  is "an unknown manifest digest is MANIFEST_UNKNOWN" "404 MANIFEST_UNKNOWN" "$(error)"
  registry GET "$1/blobs/$unknown"
  is "an unknown blob is BLOB_UNKNOWN" "404 BLOB_UNKNOWN" "$(error)"
  registry GET "$(repository_of static-1)/blobs/$(droplet_layers 1 | head -n 1)"
  is "another app's layer is BLOB_UNKNOWN" "404 BLOB_UNKNOWN" "$(error)"
  registry HEAD "$1/manifests/no-such-tag"
  is "HEAD of an unknown tag is 404" 404 "$status"
  registry DELETE "$1/manifests/$2"
  is "deleting a manifest is UNSUPPORTED" "405 UNSUPPORTED" "$(error)"
}

manifests_can_be_cached() {
  local repository=$1 digest reference kind etag by_get; digest=$(digest_of "$1" "$2")
  for kind in tag digest; do
    if [ $kind = tag ]; then reference=$2; else reference=$digest; fi
    registry GET "$repository/manifests/$reference" --header "Accept: $oci_manifest"
    is "GET of a manifest by $kind has the type its bytes name" "200 $oci_manifest $oci_manifest" \
      "$status $(header content-type) $(jq -r .mediaType "$body")"
    is "a manifest by $kind hashes to its digest" "$digest $digest" "sha256:$(sha256_of "$body") $(header docker-content-digest)"
    by_get=$(lasting_headers)
    registry HEAD "$repository/manifests/$reference" --header "Accept: $oci_manifest"
    is "HEAD of a manifest by $kind has the same headers" "$by_get" "$(lasting_headers)"
    etag=$(header etag)
    is "the ETag of a manifest by $kind is its digest" "\"$digest\"" "$etag"
    registry GET "$repository/manifests/$reference" --header "If-None-Match: $etag"
    is "If-None-Match with the ETag of a manifest by $kind is 304, without a body" "304 0" "$status $(stat -c %s "$body")"
    registry GET "$repository/manifests/$reference" --header "If-None-Match: $digest"
    is "If-None-Match with the bare digest of a manifest by $kind is 304, without a body" "304 0" "$status $(stat -c %s "$body")"
  done
}

lasting_headers() { tr -d '\r' < "$headers" | grep -viE '^(date|connection|keep-alive|x-vcap-request-id):|^$' | sed 's/^[^:]*/\L&/' | sort; }

blobs_come_in_ranges() {
  local path=$1/blobs/$2 whole=$work/answer/whole size etag by_get
  registry GET "$path"
  cp "$body" "$whole"
  size=$(stat -c %s "$whole") etag=$(header etag) by_get=$(lasting_headers)
  is "a layer hashes to its digest" "$2" "sha256:$(sha256_of "$whole")"
  is "a layer comes with its digest in a header" "$2" "$(header docker-content-digest)"
  registry HEAD "$path"
  is "HEAD of a layer has the same headers" "$by_get" "$(lasting_headers)"

  range_is "Range 500-1499 of a layer" "$path" 500-1499 500 1499 "$size"
  range_is "Range 500- goes to the end" "$path" 500- 500 $((size - 1)) "$size"
  range_is "Range -500 is the last 500 bytes" "$path" -500 $((size - 500)) $((size - 1)) "$size"
  range_is "a Range across the end is clipped" "$path" $((size - 48))-$((size + 3000)) $((size - 48)) $((size - 1)) "$size"
  registry GET "$path" --header "Range: bytes=500-0"
  is "Range 500-0 is 416" 416 "$status"
  registry GET "$path" --header "Range: bytes=$((size + 3000))-$((size + 9000))"
  is "a Range beyond the end is 416 and tells the size" "416 bytes */$size" "$status $(header content-range)"

  registry GET "$path" --range "0-$((size / 2))"
  cp "$body" "$work/answer/halves"
  registry GET "$path" --range "$((size / 2 + 1))-"
  cat "$body" >> "$work/answer/halves"
  is "two ranges make the whole layer" "$2" "sha256:$(sha256_of "$work/answer/halves")"

  registry GET "$path" --range 0-99 --header "If-Range: $etag"
  is "If-Range with the ETag is answered by the range" "206 100" "$status $(stat -c %s "$body")"
  registry GET "$path" --range 0-99 --header 'If-Range: "other"'
  is "If-Range with another one is answered by all of it" "200 $size" "$status $(stat -c %s "$body")"
}

range_is() {   # range_is SENTENCE PATH RANGE FIRST LAST SIZE
  local first=$4 length=$(($5 - $4 + 1))
  registry GET "$2" --header "Range: bytes=$3"
  is "$1" "206 bytes $4-$5/$6 $length $(tail -c +$((first + 1)) "$work/answer/whole" | head -c "$length" | sha256sum)" \
    "$status $(header content-range) $(header content-length) $(sha256sum < "$body")"
}

a_schema_2_client_is_served() {
  chapter "a client that knows Docker's schema 2 alone"
  local repository tag folder=$work/schema-2 digest image; repository=$(repository_of static-1) tag=${hash[static-1]}
  mkdir "$folder"
  registry GET "$repository/manifests/$tag" --header "Accept: $docker_manifest"
  cp "$body" "$folder/manifest.json"
  is "it gets a manifest of that type" "200 $docker_manifest $docker_manifest" "$status $(header content-type) $(jq -r .mediaType "$body")"
  is "that manifest hashes to its digest" "sha256:$(sha256_of "$body")" "$(header docker-content-digest)"
  is "the layers in it are not compressed" application/vnd.docker.image.rootfs.diff.tar \
    "$(jq -r '.layers[].mediaType' "$folder/manifest.json" | sort -u)"
  for digest in $(jq -r '.config.digest, .layers[].digest' "$folder/manifest.json"); do
    registry GET "$repository/blobs/$digest"
    cp "$body" "$folder/${digest#sha256:}"
  done
  is "each blob it names hashes to its digest" "" "$(mismatched_blobs "$folder")"
  is "each layer's digest is its diffID" "$(diff_ids "$folder")" "$(layers_of "$folder/manifest.json")"

  echo 'Directory Transport Version: 1.1' > "$folder/version"   # so that podman takes the folder for an image
  if image=$(podman_ pull --quiet "dir:$folder" 2> "$work/log/schema-2"); then
    runs_static_app podman "$image"
  else
    not_ok "podman loads it" "an image" "$(tail -n 5 "$work/log/schema-2")"
  fi
}
