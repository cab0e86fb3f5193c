# shellcheck shell=bash

a_registry_is_there() {
  chapter "a registry that a node reaches"
  local name
  registry=$NODE_IP:5000 api=https://127.0.0.1:8080 ops=http://127.0.0.1:9090
  mkdir -p "$work/registry"
  cat > "$work/registry/dropship.yml" << YAML
registry:
  listen: $registry
  tls: {certificate: $work/tls.crt, key: $work/tls.key}
  users:
    - {name: pull, passwordFile: $work/pull.pw, actions: [pull]}
    - {name: scheduler, passwordFile: $work/scheduler.pw, actions: [pull]}
api:
  listen: 127.0.0.1:8080
  tls: {certificate: $work/tls.crt, key: $work/tls.key}
  users: [{name: scheduler, passwordFile: $work/scheduler.pw, actions: [admin]}]
ops: {listen: 127.0.0.1:9090}
store: {type: local, path: data}
image: {compression: zstd}
rootfs: {stack: cflinuxfs4}
YAML
  start_server registry "$ops"
  nodes_trust "$registry" "$registry"
  succeeds "rootfs import takes a root file system and activates it" operator rootfs import cflinuxfs4 1 "$samples/rootfs-1.tar" --activate
  for name in node-1 static-1; do
    succeeds "droplet push takes $name" operator droplet push "$(guid_of $name)" "$(sha1_of "$samples/$name.tgz")" "$samples/$name.tgz"
  done
}

operator() { DROPSHIP_SERVER=$api DROPSHIP_USER=scheduler DROPSHIP_PASSWORD_FILE=$work/scheduler.pw timeout 300 "$dropship" "$@"; }

nodes_trust() {   # nodes_trust HOST ADDRESS: images of HOST come from ADDRESS; nodes of others' clusters are told by others
  [ -n "${CERTS_D:-}" ] || return 0
  mkdir -p "$CERTS_D/$1"
  cp "$work/ca.crt" "$CERTS_D/ca.crt"
  cat > "$CERTS_D/$1/hosts.toml" << TOML
server = "https://$2"
[host."https://$2"]
  capabilities = ["pull", "resolve"]
  ca = "$CERTS_D/ca.crt"
TOML
}

pinned() {   # pinned DROPLET VERSION: the reference of its image on that version of the root file system
  local guid; guid=$(guid_of "$1")
  printf '%s/cloudfoundry/%s@%s' "$registry" "$guid" "$(digest_of "cloudfoundry/$guid" "$(sha1_of "$samples/$1.tgz").cflinuxfs4-$2")"
}

a_scheduler_starts() {
  chapter "a scheduler with an account of its own"
  start_cloud_controller
  cp "$repository/docs/rbac/one-namespace.yaml" "$work/one.yaml"
  has_an_account one cf-system dropship-scheduler
  new_scheduler one "$work/one.kubeconfig"
  start_scheduler one
}

a_scheduler_of_spaces_starts() {   # beside the other one, with names of its own
  sed 's/cf-system/cf-spaces-system/; s/dropship-scheduler/dropship-spaces/' "$repository/docs/rbac/namespace-per-space.yaml" > "$work/spaces.yaml"
  has_an_account spaces cf-spaces-system dropship-spaces
  new_scheduler spaces "$work/spaces.kubeconfig" "cf-e2e-{space}" cf-spaces-system
  start_scheduler spaces
}

has_an_account() {   # has_an_account SCHEDULER SYSTEM-NAMESPACE ACCOUNT: as the documentation has it; and a login for the registry to copy
  succeeds "namespaces, rights and the account $3 are made as the documentation says" kubectl apply --filename "$work/$1.yaml"
  kubeconfig_of "$3" "$2" > "$work/$1.kubeconfig" 2> "$work/log/account" || give_up "$3 has a token" "$work/log/account"
  kubectl --namespace "$2" create secret docker-registry registry-pull --docker-server="$registry" \
    --docker-username=pull --docker-password="$(< "$work/pull.pw")" > "$work/log/secret" 2>&1 || give_up "a pull secret is made in $2" "$work/log/secret"
}
