# shellcheck shell=bash
# A newcomer, who pastes commands as they are printed into a fresh shell. Tools have their state in this run's folder.

prepare_newcomer() {
  local home=$work/newcomer
  start_containerd
  start_docker
  mkdir -p "$home/docker" "$home/elsewhere"
  cat > "$home/containers.conf" << 'TOML'
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
TOML
  cat > "$home/storage.conf" << TOML
[storage]
driver = "overlay"
graphroot = "$home/podman/root"
runroot = "$home/podman/run"
TOML
}

shell() {   # shell FOLDER TEXT: what a new shell does with what is pasted; as at a terminal, it has a process group for Ctrl-C
  cd "$1" && exec setsid env --default-signal=INT \
    DOCKER_HOST="unix://$work/docker/docker.sock" DOCKER_CONFIG="$work/newcomer/docker" \
    CONTAINERD_ADDRESS="$work/containerd/containerd.sock" CONTAINERD_NAMESPACE="$cgroup" \
    CONTAINERS_CONF="$work/newcomer/containers.conf" CONTAINERS_STORAGE_CONF="$work/newcomer/storage.conf" \
    bash -c "$2"
}

pasted() { (shell "$@"); }   # pasted FOLDER TEXT

press_ctrl_c() { kill -INT -- "-$1"; }   # press_ctrl_c PID: of a shell

# --- quickstart

start_quickstart() {   # start_quickstart FOLDER TEXT: sets quickstart_pid, quickstart_output and quickstart_errors
  quickstart_output=$1/output quickstart_errors=$1/errors
  rm -f "$quickstart_output"
  shell "$1" "$2" > "$quickstart_output" 2> "$quickstart_errors" < /dev/null &
  quickstart_pid=$!
  await_quickstart "$2"
}

start_quickstart_at_a_terminal() {   # the same; what is written to quickstart_keys is typed
  # exec: some shells stay as the parent of what they run, and end by the Ctrl-C that their child takes as its cue.
  quickstart_output=$1/output quickstart_errors=$1/output
  mkfifo "$1/keys"
  shell "$1" "exec script --quiet --return --flush --command 'exec $2' /dev/null" < "$1/keys" > "$quickstart_output" 2>&1 &
  quickstart_pid=$!
  exec {quickstart_keys}> "$1/keys"
  await_quickstart "$2, at a terminal"
}

await_quickstart() {
  wait_until 300 quickstart_is_ready_or_gone
  if is_gone "$quickstart_pid"; then
    not_ok "$1 starts" "to read how to run an image" "$(tail -n 20 "$quickstart_output" "$quickstart_errors")"
  else
    ok "$1 starts and says how to run an image"
  fi
}

quickstart_is_ready_or_gone() { is_gone "$quickstart_pid" || grep -qs 'Ctrl-C ends the server' "$quickstart_output"; }

type_ctrl_c() {
  printf '\003' >&"$quickstart_keys"
  exec {quickstart_keys}>&-
}

quickstart_ends() {   # quickstart_ends HOW: it has been told to
  await_exit "$quickstart_pid" 30
  is "$1 ends quickstart, which is a success" 0 "$exit_status"
  is "it says goodbye, and nothing that would frighten" "Ended. The same command goes on with what is in dropship-data." \
    "$(tr -d '\r' < "$quickstart_output" | grep -v '^$' | tail -n 1)$(grep -hE 'Exception|^\s+at |ERROR' "$quickstart_output" "$quickstart_errors")"
}

value_of() { tr -d '\r' < "$quickstart_output" | awk -v label="$1" 'index($0, label " ") == 1 { print $NF; exit }'; }   # value_of LABEL

# --- the commands it prints

printed_commands() { tr -d '\r' < "$quickstart_output" | sed -n '/^In another terminal/,$s/^  \(.*\)/\1/p'; }

follow_printed_commands() {   # follow_printed_commands ANSWER: the app's, over HTTP
  local command see; see=$(printed_commands | grep '^curl ')
  while IFS= read -r command; do
    case $command in
      *" run "*) runs_as_printed "$command" "$see" "$1" ;;
      curl*) ;;
      *) succeeds "${command%% --*}" pasted "$work/newcomer/elsewhere" "$command" ;;
    esac
  done < <(printed_commands)
}

runs_as_printed() {   # runs_as_printed COMMAND COMMAND-TO-SEE-IT ANSWER
  local log=$work/log/pasted seen pid
  shell "$work/newcomer/elsewhere" "$1" > "$log" 2>&1 < /dev/null &
  pid=$!
  wait_until 60 is_gone_or_answers "$pid" "$2"
  seen=$(pasted "$work/newcomer/elsewhere" "${2/curl /curl -sS --max-time 5 }" 2>&1)
  is "${1%% --*} … answers $2" "$3" "$seen$(is_gone "$pid" && tail -n 5 "$log")"
  press_ctrl_c "$pid"
  await_exit "$pid" 20
  is "Ctrl-C ends it" 130 "$exit_status"
}

is_gone_or_answers() { is_gone "$1" || pasted "$work/newcomer/elsewhere" "${2/curl /curl -fsS --max-time 2 }"; }
