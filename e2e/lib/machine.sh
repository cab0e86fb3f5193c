# shellcheck shell=bash
# The machine: programs, and the namespaces everything runs in.

cgroup=dropship-e2e   # also the name of containerd's namespace
# where programs keep state or locks whatever they are told
masked=(/run /dev/shm /var/lib/containers /var/lib/cni /opt/containerd /etc/containerd /etc/docker)

install_missing_programs() {
  local program missing=()
  local -A package=(
    [containerd]=containerd [ctr]=containerd [runc]=runc [podman]=podman [skopeo]=skopeo [dockerd]=docker.io [docker]=docker.io
    [nginx]=nginx-light [/usr/lib/cni/bridge]=containernetworking-plugins [iptables]=iptables [script]=bsdutils
    [curl]=curl [jq]=jq [openssl]=openssl [zstd]=zstd [ip]=iproute2 [pgrep]=procps [unshare]=util-linux
  )
  for program in "${!package[@]}"; do
    command -v "$program" > /dev/null || missing+=("${package[$program]}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${missing[@]}"; } > /dev/null
}

run_in_private_machine() {   # run_in_private_machine CHAPTER...: does not return
  local child status=0 folder made=()
  for folder in "${masked[@]}"; do [ -d "$folder" ] || { mkdir -p "$folder" && made+=("$folder"); }; done
  work=$(mkdir -p "${E2E_WORK:-/tmp}" && mktemp -d "$(realpath "${E2E_WORK:-/tmp}")/dropship-e2e.XXXXXX") || exit 1
  unshare --net --mount --pid --fork --kill-child --mount-proc "$e2e/run" --inside "$work" "$samples" "$@" &
  child=$!
  trap 'kill -KILL $child' INT TERM
  wait $child || status=$?
  trap - INT TERM
  wait_until 5 remove_cgroups
  [ ${#made[@]} = 0 ] || rmdir "${made[@]}"
  if [ $status = 0 ]; then rm -rf "$work"; else say "logs and state are kept in $work"; fi
  exit $status
}

remove_cgroups() {
  find /sys/fs/cgroup -depth -type d \( -path "*/$cgroup*" -o -path "*/libpod_parent*" \) -exec rmdir {} + 2> /dev/null
  [ -z "$(find /sys/fs/cgroup -type d -name "$cgroup*" 2> /dev/null)" ]
}

enter_private_machine() {
  local folder
  unset "${!DROPSHIP_@}"
  mkdir -p "$work/log" "$work/answer"
  ip link set lo up
  cp -L /etc/resolv.conf "$work/resolv.conf" 2> /dev/null || : > "$work/resolv.conf"
  for folder in "${masked[@]}"; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
  mkdir -p /run/lock
  if [ ! -e /etc/resolv.conf ]; then   # it was a link into /run
    install -D "$work/resolv.conf" "$(readlink -m /etc/resolv.conf)"
  fi
}

make_credentials() {   # a certificate authority, a server certificate, two passwords
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
  {
    openssl req -x509 -days 2 "${key[@]}" -subj "/CN=end-to-end test" -keyout "$work/ca.key" -out "$work/ca.crt" \
      -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign" &&
    openssl req "${key[@]}" -subj "/CN=localhost" -keyout "$work/tls.key" -out "$work/tls.csr" &&
    openssl x509 -req -days 2 -in "$work/tls.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -out "$work/tls.crt" \
      -extfile <(echo "subjectAltName=DNS:localhost,DNS:registry.example.com,IP:127.0.0.1")
  } > "$work/log/openssl" 2>&1 || give_up "certificates are made" "$work/log/openssl"
  openssl rand -hex 16 > "$work/pull.pw"
  openssl rand -hex 16 > "$work/admin.pw"
  pull_user=pull:$(< "$work/pull.pw") admin_user=admin:$(< "$work/admin.pw")
  mkdir "$work/trust" && cp "$work/ca.crt" "$work/trust/"
}
