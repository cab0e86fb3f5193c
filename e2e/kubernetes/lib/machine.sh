# shellcheck shell=bash
# Before the run: what a cluster needs. Inside: folders, certificates, passwords.

install_missing_programs() {
  local program missing=()
  local -A package=(
    [containerd]=containerd [ctr]=containerd [runc]=runc [/usr/lib/cni/bridge]=containernetworking-plugins
    [iptables]=iptables [curl]=curl [jq]=jq [openssl]=openssl [ip]=iproute2 [unshare]=util-linux [python3]=python3
  )
  for program in "${!package[@]}"; do
    command -v "$program" > /dev/null || missing+=("${package[$program]}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${missing[@]}"; } > /dev/null
}

a_cluster_can_be_made() {   # a_cluster_can_be_made [PART...]: of e2e/kubernetes/build
  [ "$(id -u)" = 0 ] || { say "containers need root"; return 1; }
  [ "${CONTAINERD:-1}" = 1 ] || set -- containerd2 "$@"
  install_missing_programs && "$here/build" "$samples/kubernetes" "$@"
}

the_cluster_will_do() {
  local program file missing=()
  for program in kubectl curl jq openssl python3; do command -v $program > /dev/null || missing+=("the program $program"); done
  [ -n "${NODE_IP:-}" ] || missing+=("NODE_IP, this machine's address")
  for file in "${E2E_CA:-/nowhere/e2e-ca}".{crt,key}; do [ -r "$file" ] || missing+=("E2E_CA, an authority: $file cannot be read"); done
  kubectl version > /dev/null 2>&1 || missing+=("a Kubernetes that answers: kubectl version fails with $KUBECONFIG")
  for file in $(remains_in_the_cluster 2> /dev/null); do missing+=("a cluster without $file"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "what this cluster needs and has not:"
  printf 'e2e:   %s\n' "${missing[@]}" >&2
  return 1
}

remains_in_the_cluster() {
  kubectl get namespaces,clusterroles,clusterrolebindings --output name |
    grep -E '^namespace/cf-(system|workloads|spaces-system|e2e-.*)$|/dropship-(scheduler|spaces)$'
}

remove_from_the_cluster() {
  local file
  for file in "$work"/{one,spaces}.yaml; do [ ! -e "$file" ] || kubectl delete --wait=false --filename "$file"; done
  remains_in_the_cluster | xargs --no-run-if-empty kubectl delete --wait=false
} > "$work/log/removed" 2>&1

prepare_machine() {
  unset "${!DROPSHIP_@}"
  mkdir -p "$work"/{log,answer,requests}
  make_certificates
  openssl rand -hex 16 > "$work/pull.pw"
  openssl rand -hex 16 > "$work/scheduler.pw"
  pull_user=pull:$(< "$work/pull.pw")
  export DROPSHIP_CA=$work/ca.crt   # for the client commands
}

make_certificates() {
  {
    if [ -n "${E2E_CA:-}" ]; then cp "$E2E_CA.crt" "$work/ca.crt" && cp "$E2E_CA.key" "$work/ca.key"; else authority ca; fi &&
    authority strangers &&
    certificate ca tls "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:$NODE_IP" &&   # of every server here
    certificate ca cloud-controller "extendedKeyUsage=clientAuth" &&
    certificate ca scheduler "extendedKeyUsage=clientAuth" &&   # at the Cloud Controller
    certificate strangers stranger "extendedKeyUsage=clientAuth"
  } > "$work/log/openssl" 2>&1 || give_up "certificates are made" "$work/log/openssl"
}

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)

authority() {   # authority NAME
  openssl req -x509 -days 2 "${new_key[@]}" -subj "/CN=$1" -keyout "$work/$1.key" -out "$work/$1.crt" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign"
}

certificate() {   # certificate AUTHORITY NAME EXTENSION
  openssl req "${new_key[@]}" -subj "/CN=$2" -keyout "$work/$2.key" -out "$work/$2.csr" &&
  openssl x509 -req -days 2 -in "$work/$2.csr" -CA "$work/$1.crt" -CAkey "$work/$1.key" -CAcreateserial -out "$work/$2.crt" -extfile <(echo "$3")
}
