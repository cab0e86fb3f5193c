# shellcheck shell=bash

images_of_other_registries_run() {
  chapter "an image of a registry that wants a password of its own"
  local image; image=private.example.com/cloudfoundry/$(guid_of node-1):$(sha1_of "$samples/node-1.tgz")
  [ -n "${CERTS_D:-}" ] || { not_ok "nodes know private.example.com" "a cluster whose containerd can be told" "KUBECONFIG=$KUBECONFIG, where it is up to others"; return; }
  nodes_trust private.example.com "$registry"
  desire boxed 1 node-1 "" '.lifecycle = {docker_lifecycle: {image: "'"$image"'", command: [], registry_username: "pull", registry_password: "'"$(< "$work/pull.pw")"'"}}'
  runs boxed 1
  is "its image is what was asked for" "$image" "$(image_of boxed)"
  is "it runs by the image's own command" "node app v1" "$(answers boxed /)"
  is "the password is in a secret" 1 "$(in_namespace get secrets --output json | jq --arg host private.example.com '[.items[] | select(.data[".dockerconfigjson"] // "" | @base64d | contains($host))] | length')"
  is "and nowhere else" "" "$(statefulset boxed | grep -F "$(< "$work/pull.pw")"; grep -F "$(< "$work/pull.pw")" "$work/log/server-one")"
  stop boxed
  is "stopping it is 200" 200 "$status"
  wait_until 60 no_secret_is_for private.example.com
  is "its secret goes with it" 0 "$(in_namespace get secrets --output json | jq --arg host private.example.com '[.items[] | select(.data[".dockerconfigjson"] // "" | @base64d | contains($host))] | length')"
}

no_secret_is_for() { ! in_namespace get secrets --output json | jq -e --arg host "$1" 'any(.items[]; .data[".dockerconfigjson"] // "" | @base64d | contains($host))'; }
