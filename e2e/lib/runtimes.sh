# shellcheck shell=bash
# Container runtimes. Each has the same four verbs, so that chapters need not know which one they use:
#   …_pull REFERENCE            downloads and unpacks, with credentials and the CA's certificate
#   …_run NAME PORT REFERENCE   runs the image as it says, in the foreground; the exit status is the container's
#   …_signal NAME SIGNAL
#   …_forget REFERENCE

# --- containerd

start_containerd() {   # unless it runs
  local folder=$work/containerd
  ! containerd_ctr version > /dev/null 2>&1 || return 0
  mkdir -p "$folder"
  cat > "$folder/config.toml" << TOML
version = 2
root = "$folder/root"
state = "$folder/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$folder/containerd.sock"
TOML
  containerd --config "$folder/config.toml" > "$work/log/containerd" 2>&1 &
  wait_until 30 containerd_ctr version || give_up "containerd comes up within 30 s" "$work/log/containerd"
}

containerd_trusts() {   # containerd_trusts HOST:PORT
  mkdir -p "$work/containerd/certs.d/$1"
  cat > "$work/containerd/certs.d/$1/hosts.toml" << TOML
server = "https://$1"
[host."https://$1"]
  capabilities = ["pull", "resolve"]
  ca = "$work/ca.crt"
TOML
}

containerd_ctr() { timeout 120 ctr --address "$work/containerd/containerd.sock" --namespace "$cgroup" "$@"; }
containerd_pull() { containerd_ctr images pull --hosts-dir "$work/containerd/certs.d" --user "$pull_user" "$1"; }
containerd_run() { containerd_ctr run --rm --net-host --env "PORT=$2" "$3" "$1"; }
containerd_signal() { containerd_ctr task kill --signal "$2" "$1"; }
containerd_forget() { containerd_ctr images rm --sync "$1"; }

# --- podman

podman_() {
  local folder=$work/podman
  TMPDIR=$work timeout 120 podman --root "$folder/root" --runroot "$folder/runroot" --tmpdir "$folder/tmp" \
    --runtime runc --cgroup-manager cgroupfs --events-backend none "$@"
}
podman_pull() { podman_ pull --tls-verify --cert-dir "$work/trust" --creds "$pull_user" "$1"; }
podman_run() { podman_ run --rm --pull never --name "$1" --network host --cgroup-parent "/$cgroup" --env "PORT=$2" "$3"; }
podman_signal() { podman_ kill --signal "$2" "$1"; }
podman_forget() { podman_ rmi --force "$1"; }

# --- docker, on the containerd above

start_docker() {   # unless it runs
  local folder=$work/docker
  ! docker_ version > /dev/null 2>&1 || return 0
  mkdir -p "$folder"
  echo '{}' > "$folder/daemon.json"
  dockerd --host "unix://$folder/docker.sock" --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
    --config-file "$folder/daemon.json" --containerd "$work/containerd/containerd.sock" --cgroup-parent "/$cgroup" \
    > "$work/log/dockerd" 2>&1 &
  wait_until 60 docker_ version || give_up "dockerd comes up within 60 s" "$work/log/dockerd"
}

docker_trusts() {   # docker_trusts HOST:PORT; the folder is private to this run
  mkdir -p "/etc/docker/certs.d/$1"
  cp "$work/ca.crt" "/etc/docker/certs.d/$1/"
  printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$1" "$(printf %s "$pull_user" | base64 -w 0)" > "$work/docker/config.json"
}

docker_() { DOCKER_CONFIG=$work/docker timeout 120 docker --host "unix://$work/docker/docker.sock" "$@"; }
docker_pull() { docker_ pull "$1"; }
docker_run() { docker_ run --rm --pull never --name "$1" --network host --env "PORT=$2" "$3"; }
docker_signal() { docker_ kill --signal "$2" "$1"; }
docker_forget() { docker_ rmi --force "$1"; }

# --- checks on running images

start_container() {   # start_container RUNTIME NAME PORT REFERENCE: sets container_pid and container_log
  container_log=$work/log/$2
  "$1_run" "$2" "$3" "$4" > "$container_log.out" 2> "$container_log.err" < /dev/null &
  container_pid=$!
}

web_answer() {   # web_answer PORT PATH: what the container just started says, once it does, or else its log
  wait_until 60 answers_or_is_gone "$1"
  curl -sS --max-time 5 "http://127.0.0.1:$1$2" 2>&1 || tail -n 10 "$container_log".{out,err}
}

answers_or_is_gone() { is_gone "$container_pid" || curl -fs --max-time 2 "http://127.0.0.1:$1/"; }

stop_container() {   # stop_container RUNTIME NAME: SIGTERM; sets exit_status and exit_seconds
  "$1_signal" "$2" SIGTERM > "$work/log/signal-$2" 2>&1
  await_exit "$container_pid" 10
  [[ $exit_status == [0-9]* ]] || "$1_signal" "$2" SIGKILL > /dev/null 2>&1
}

runs_web_app() {   # runs_web_app RUNTIME APP VERSION PORT REFERENCE: as the image says, with nothing but a PORT
  local runtime=$1 app=$2 version=$3 port=$4 reference=$5 name=$1-$2-$3-$4
  start_container "$runtime" "$name" "$port" "$reference"
  is "$runtime runs $app-$version, which answers over HTTP" "$app app v$version" "$(web_answer "$port" /)"
  "identifies_$app" "$runtime" "$version" "$port"
  stop_container "$runtime" "$name"
  is "SIGTERM ends $app-$version in $runtime within 5 s, with status 143" "143, in time" \
    "$exit_status, $([ "$exit_seconds" -lt 5 ] && echo in time || echo late)"
}

identifies_node() {   # identifies_node RUNTIME VERSION PORT
  is "node-$2 in $1 runs as user 2000, where the droplet says, on rootfs $current_rootfs" \
    '{"uid":2000,"gid":2000,"cwd":"/home/vcap/app","rootfs":"'"$current_rootfs"'"}' "$(web_answer "$3" /id)"
}

identifies_spring() {   # by its process, seen from outside
  is "spring-$2 in $1 runs as user 2000" 2000:2000 "$(stat -c %u:%g "/proc/$(pgrep -f sample.Main | tail -n 1)")"
}

runs_static_app() {   # runs_static_app RUNTIME REFERENCE
  local runtime=$1 reference=$2 name=$1-static
  start_container "$runtime" "$name" 8080 "$reference"
  await_exit "$container_pid" 60
  is "$runtime runs static-1 through profile.d and .profile to its end, as user 2000" \
    "0: profile.d=yes .profile=yes home=/home/vcap/app user=2000:2000 pwd=/home/vcap/app" \
    "$exit_status: $(cat "$container_log.out")$([ "$exit_status" = 0 ] || tail -n 5 "$container_log.err")"
}
