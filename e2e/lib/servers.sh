# shellcheck shell=bash
# Dropship servers under test. Each has a folder in $work with its configuration, its store and what it shares with
# the others: certificate and passwords.

declare -A server_pid   # of those that should be running

new_server() {   # new_server NAME < CONFIGURATION
  mkdir -p "$work/$1"
  cp "$work"/{tls.crt,tls.key,pull.pw,admin.pw} "$work/$1/"
  cat > "$work/$1/dropship.yml"
}

start_server() {   # start_server NAME OPS-URL
  "$dropship" serve --config "$work/$1/dropship.yml" >> "$work/log/server-$1" 2>&1 &
  server_pid[$1]=$!
  wait_until 60 is_ready "$1" "$2" || true
  if curl -fs --max-time 5 -o "$work/answer/ready" "$2/readyz"; then
    ok "the $1 server is ready"
  else
    give_up "the $1 server is ready within 60 s" "$work/log/server-$1"
  fi
}

is_ready() { is_gone "${server_pid[$1]}" || curl -fs --max-time 5 "$2/readyz"; }

stop_server() {   # stop_server NAME: sets exit_status and exit_seconds
  local pid=${server_pid[$1]}
  unset "server_pid[$1]"
  kill -TERM "$pid"
  await_exit "$pid" 15
}

stop_servers() {
  local name
  for name in "${!server_pid[@]}"; do stop_server "$name"; done
}

stop_if_a_server_is_gone() {
  local name
  for name in "${!server_pid[@]}"; do
    if is_gone "${server_pid[$name]}"; then give_up "the $name server is still there" "$work/log/server-$name"; fi
  done
}

client() {   # client COMMAND...: the command line, told by its environment to talk to the zstd server
  DROPSHIP_SERVER=$api DROPSHIP_USER=admin DROPSHIP_PASSWORD_FILE=$work/admin.pw timeout 120 "$dropship" "$@"
}

conversions() {   # how many droplets the zstd server has converted since it started
  curl -fs --max-time 10 "$ops/metrics" |
    awk 'index($0, "dropship_conversions_total{") == 1 || index($0, "dropship_conversions_total ") == 1 { sum += $NF }
         END { printf "%d\n", sum }'
}
