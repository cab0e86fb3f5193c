# shellcheck shell=bash
# Policies are looked at as objects: not every cluster's network does what they say.

apps_are_kept_apart() {
  chapter "what an app may"
  local pod container claims
  pod=$(objects pods web | jq '.items[0].spec') container=$(jq '.containers[0]' <<< "$pod")
  is "its container has the name that others look for" opi "$(jq -r .name <<< "$container")"
  is "it is no user of the node's, by number" '[true,2000]' \
    "$(jq -c '[([.securityContext.runAsNonRoot, .containers[0].securityContext.runAsNonRoot] | any), (.containers[0].securityContext.runAsUser // .securityContext.runAsUser)]' <<< "$pod")"
  is "it can become nobody else" '[false,["ALL"]]' "$(jq -c '.securityContext | [.allowPrivilegeEscalation, .capabilities.drop]' <<< "$container")"
  is "system calls are filtered" RuntimeDefault "$(jq -r '.containers[0].securityContext.seccompProfile.type // .securityContext.seccompProfile.type' <<< "$pod")"
  is "it has no account in the cluster, and hears of no Services" '[false,false]' "$(jq -c '[.automountServiceAccountToken, .enableServiceLinks]' <<< "$pod")"
  is "nor does it find a token" absent "$(in_namespace exec "$(pods web | head -n 1)" -- sh -c 'ls /var/run/secrets/kubernetes.io 2> /dev/null || echo absent' 2>&1)"
  is "it has the memory, disk and share of a processor that were asked for" \
    '{"requests":{"memory":"256Mi","cpu":"30m"},"limits":{"memory":"256Mi","disk":"1Gi","cpu":null}}' \
    "$(jq -c '.resources | {requests: {memory: .requests.memory, cpu: .requests.cpu},
        limits: {memory: .limits.memory, disk: (.limits["ephemeral-storage"] | if . == "1024Mi" then "1Gi" else . end), cpu: .limits.cpu}}' <<< "$container")"
  is "routers have time to hear of its end before it does" true "$(jq '(.containers[0].lifecycle.preStop != null) and .terminationGracePeriodSeconds <= 60' <<< "$pod")"
  is "it has as long to start as was asked for" true \
    "$(jq '.startupProbe | (.tcpSocket.port == 8080) and ((.periodSeconds // 10) * .failureThreshold | . >= 60 and . < 90)' <<< "$container")"
  is "and is asked on its port whether it is well" '[8080,8080]' "$(jq -c '[.readinessProbe.tcpSocket.port, .livenessProbe.tcpSocket.port]' <<< "$container")"
  is "instances rather have nodes of their own" kubernetes.io/hostname \
    "$(jq -r '.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.topologyKey' <<< "$pod")"
  is "the pull secret is named" registry-pull "$(jq -r '.imagePullSecrets[].name' <<< "$pod")"
  is "one instance may be evicted at a time" "[{\"minAvailable\":1}]" "$(objects poddisruptionbudgets web | jq -c '[.items[].spec | {minAvailable}]')"
  is "labels say what it is" "$(guid_of web) $(version_of web) APP 1" \
    "$(objects pods web | jq -r '.items[0].metadata.labels | "\(.["cloudfoundry.org/guid"]) \(.["cloudfoundry.org/version"]) \(.["cloudfoundry.org/source_type"]) \(.["rootfs-version"])"')"
  is "no annotation repeats the whole request" 0 "$(statefulset web | jq '[.metadata.annotations, .spec.template.metadata.annotations | values | .[] | select(contains("VCAP"))] | length')"

  the_namespace_is_fenced "$namespace"
  the_scheduler_may_little
}

the_namespace_is_fenced() {   # the_namespace_is_fenced NAMESPACE
  local policies; policies=$(kubectl --namespace "$1" get networkpolicies --output json | jq '[.items[].spec]')
  is "$1 takes no pod that is less restricted" restricted "$(kubectl get namespace "$1" --output 'jsonpath={.metadata.labels.pod-security\.kubernetes\.io/enforce}')"
  is "policies are about what comes to apps and what goes out from them" '["Egress","Ingress"]' "$(jq -c 'map(.policyTypes[]) | unique' <<< "$policies")"
  is "nothing of $1 may come in" '[]' "$(jq -c '[.[].ingress[]?.from[]? | select(.namespaceSelector == null and .ipBlock == null)]' <<< "$policies")"
  names "the cloud's metadata and the API server are left out of what may be reached" "$(jq -c 'map(.egress[]?.to[]?.ipBlock.except[]?)' <<< "$policies")" \
    169.254.169.254/32 "$(kubectl get endpointslices --namespace default --selector kubernetes.io/service-name=kubernetes --output 'jsonpath={.items[0].endpoints[0].addresses[0]}')"
  is "names can be looked up" true "$(jq 'any(.[].egress[]?.ports[]?; .port == 53)' <<< "$policies")"
}

the_scheduler_may_little() {
  local may=(kubectl auth can-i --quiet --kubeconfig "$work/one.kubeconfig") what allowed=()
  for what in "get secrets --namespace kube-system" "create pods --namespace $namespace" "create pods --subresource exec --namespace $namespace" \
      "get secrets --all-namespaces" "list nodes" "create clusterrolebindings" "delete namespaces" "create statefulsets --namespace default"; do
    # shellcheck disable=SC2086   # words of a command
    ! "${may[@]}" $what 2> /dev/null || allowed+=("$what")
  done
  is "the scheduler's account may nothing that it has no need of" "" "${allowed[*]}"
}
