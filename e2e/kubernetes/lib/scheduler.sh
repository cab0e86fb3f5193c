# shellcheck shell=bash
# Schedulers under test, and the Cloud Controller that hears from them. Each has a folder in $work with its configuration.

declare -A opi_port=([one]=8085 [two]=8086 [early]=8087 [spaces]=8088) opi_ops=([one]=9091 [two]=9092 [early]=9093 [spaces]=9094)

scheduler_at() { opi=https://127.0.0.1:${opi_port[$1]} scheduler_ops=http://127.0.0.1:${opi_ops[$1]}; }   # scheduler_at NAME

new_scheduler() {   # new_scheduler NAME KUBECONFIG [NAMESPACE [SYSTEM-NAMESPACE]]
  mkdir -p "$work/$1"
  cat > "$work/$1/scheduler.yml" << YAML
opi:
  listen: 127.0.0.1:${opi_port[$1]}
  tls: {certificate: $work/tls.crt, key: $work/tls.key, clientCa: $work/ca.crt}
ops: {listen: 127.0.0.1:${opi_ops[$1]}}
registry:
  api: $api
  address: $registry
  ca: $work/ca.crt
  user: scheduler
  passwordFile: $work/scheduler.pw
  pullSecret: registry-pull
kubernetes:
  kubeconfig: $2
  namespace: "${3:-cf-workloads}"
  systemNamespace: ${4:-cf-system}
cloudController:
  endpoint: $cloud_controller
  tls: {certificate: $work/scheduler.crt, key: $work/scheduler.key, ca: $work/ca.crt}
rollout: {concurrentApps: ${concurrent_apps:-10}, readyTimeout: ${ready_timeout:-30s}, prePull: ${pre_pull:-false}}
YAML
}

start_scheduler() {   # start_scheduler NAME
  launch_scheduler "$1"
  wait_until 60 is_ready "$1" "$scheduler_ops" || true
  if curl -fs --max-time 5 -o "$work/answer/ready" "$scheduler_ops/readyz"; then
    ok "the $1 scheduler is ready"
  else
    give_up "the $1 scheduler is ready within 60 s" "$work/log/server-$1"
  fi
}

launch_scheduler() {
  scheduler_at "$1"
  "$dropship" scheduler --config "$work/$1/scheduler.yml" >> "$work/log/server-$1" 2>&1 &
  server_pid[$1]=$!
}

kill_scheduler() { kill -KILL "${server_pid[$1]}"; wait "${server_pid[$1]}" 2> /dev/null; unset "server_pid[$1]"; }   # kill_scheduler NAME

rollout() { timeout 120 "$dropship" rollout "$@" --server "$opi" --certificate "$work/cloud-controller.crt" --key "$work/cloud-controller.key" 2>&1; }

# --- the Cloud Controller

start_cloud_controller() {
  cloud_controller=https://127.0.0.1:9023
  mkdir -p "$work/cloud-controller"
  "$here/cloud-controller" 127.0.0.1:9023 "$work/tls.crt" "$work/tls.key" "$work/ca.crt" "$work/cloud-controller" \
    > "$work/log/server-cloud-controller" 2>&1 &
  server_pid[cloud-controller]=$!
  wait_until 30 test -e "$work/cloud-controller/requests" || give_up "a Cloud Controller comes up" "$work/log/server-cloud-controller"
}

cloud_controller_answers() { echo "$1" > "$work/cloud-controller/status"; }   # cloud_controller_answers STATUS: from now on

told() { jq -c --arg path "$1" 'select(.path == $path)' "$work/cloud-controller/requests"; }   # told PATH: requests to it, a line each
has_been_told() { [ "$(told "$1" | grep -c '"status": *'"${3:-200}")" -ge "${2:-1}" ]; }   # has_been_told PATH [TIMES [STATUS]]

# --- the account of the scheduler in the cluster, with the rights that the documentation gives it

kubeconfig_of() {   # kubeconfig_of ACCOUNT NAMESPACE: for that service account
  local cluster token
  cluster=$(kubectl config view --raw --minify --flatten --output json | jq '.clusters[0].cluster')
  token=$(kubectl create token "$1" --namespace "$2" --duration 4h) || return
  jq -n --argjson cluster "$cluster" --arg token "$token" '{
    apiVersion: "v1", kind: "Config", "current-context": "it",
    clusters: [{name: "it", cluster: $cluster}], users: [{name: "it", user: {token: $token}}],
    contexts: [{name: "it", context: {cluster: "it", user: "it"}}]}'
}
