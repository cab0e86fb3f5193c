# shellcheck shell=bash
# What there is in the cluster, of apps by the names that desire (opi.sh) has given them.

namespace=cf-workloads   # the one apps are in

in_namespace() { kubectl --namespace "$namespace" "$@"; }

selector() { printf 'cloudfoundry.org/guid=%s,cloudfoundry.org/version=%s' "$(guid_of "$1")" "$(version_of "$1")"; }   # selector APP

objects() { in_namespace get "$1" --selector "$(selector "$2")" --output json; }   # objects KIND APP

statefulset() { objects statefulsets "$1" | jq '.items[0]'; }   # statefulset APP

pods() {   # pods APP: the names of its instances that are ready, and of all others with a question mark
  objects pods "$1" | jq -r '.items[] |
    (.metadata.deletionTimestamp == null and any(.status.conditions[]?; .type == "Ready" and .status == "True")) as $ready |
    .metadata.name + if $ready then "" else "?" end'
}

has_instances() { [[ $(pods "$1" | wc -l) = "$2" && $(pods "$1") != *'?'* ]]; }   # has_instances APP NUMBER: ready ones, and no others

runs() {   # runs APP NUMBER: has so many instances soon
  wait_until 120 has_instances "$1" "$2"
  is "$1 has $2 ready instance$([ "$2" = 1 ] || echo s) and no other" "$2: ready" "$(pods "$1" | wc -l): $(pods "$1" | grep -q '?' && how_pods_are "$1" || echo ready)"
}

how_pods_are() {
  objects pods "$1" | jq -c '.items[] | [.metadata.name, .status.phase, (.status.containerStatuses[]?.state)]'
  in_namespace get events --sort-by .lastTimestamp --output 'custom-columns=:.involvedObject.name,:.reason,:.message' | tail -n 8
}

image_of() { statefulset "$1" | jq -r '.spec.template.spec.containers[0].image'; }   # image_of APP
image_ids() { objects pods "$1" | jq -r '.items[].status.containerStatuses[] | select(.name == "opi") | .imageID' | sort -u; }   # image_ids APP
uids() { objects pods "$1" | jq -r '.items[].metadata.uid' | sort; }   # uids APP: of its pods

pod_address() { in_namespace get pod "$1" --output 'jsonpath={.status.podIP}'; }   # pod_address POD

answer_of() { curl -sS --max-time 5 "http://$(pod_address "$1"):8080$2" 2>&1; }   # answer_of POD PATH

answers() { local pod; for pod in $(pods "$1" | tr -d '?'); do answer_of "$pod" "$2"; echo; done | grep .; }   # answers APP PATH: of all instances
