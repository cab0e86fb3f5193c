# shellcheck shell=bash

spaces_have_namespaces() {
  chapter "a namespace for each space"
  local space; space=$(guid_of space) namespace=cf-e2e-$space
  a_scheduler_of_spaces_starts
  desire web 1 node-1 "$web_command"
  runs web 1
  is "the app is in its space's namespace" "$namespace" "$(statefulset web | jq -r .metadata.namespace)"
  the_namespace_is_fenced "$namespace"
  is "which has the pull secret" kubernetes.io/dockerconfigjson "$(in_namespace get secret registry-pull --output 'jsonpath={.type}')"
  desire elsewhere 1 static-1 "exec sleep 1000" '.space_guid = "'"$(guid_of "other space")"'" | .health_check_type = "process" | .ports = []'
  is "the list is of all spaces" "$(process_guid_of elsewhere; process_guid_of web)" "$(listed)"
  stop web; stop elsewhere
  is "it is empty in the end" "" "$(listed)"
  namespace=cf-workloads
}
