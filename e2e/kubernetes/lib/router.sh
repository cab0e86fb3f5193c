# shellcheck shell=bash
# A client that asks an app's instances every 50 ms, as ../router does, while something happens to them.

declare -A router_pid

start_asking() {   # start_asking APP PATH
  : > "$work/requests/$1"
  "$here/router" "$namespace" "$(selector "$1")" 8080 "$2" "$work/requests/$1" 2>> "$work/log/router-$1" &
  router_pid[$1]=$!
  wait_until 30 has_answered "$1" 10 || not_ok "a client gets answers from $1" "ten answers" "$(tail -n 3 "$work/requests/$1" "$work/log/router-$1")"
}

has_answered() { [ "$(grep -c '^ok ' "$work/requests/$1")" -ge "$2" ]; }   # has_answered APP TIMES

stop_asking() {   # stop_asking APP [FEWEST]: and see that all went well, with at least so many instances ready at any time
  kill -TERM "${router_pid[$1]}"; wait "${router_pid[$1]}" 2> /dev/null
  unset "router_pid[$1]"
  is "of $(wc -l < "$work/requests/$1") requests to $1, every 50 ms, none has failed" "" "$(grep -v '^ok ' "$work/requests/$1" | head -n 20)"
  [ -z "${2:-}" ] ||
    is "at every moment at least $2 of its instances could be asked" "$2 or more" "$(cut -d ' ' -f 3 "$work/requests/$1" | sort -n | head -n 1 | sed "s/^[$2-9]\$/$2 or more/")"
}

answers_seen() { cut -d ' ' -f 5- "$work/requests/$1" | uniq -c | awk '{ $1 = ""; print }' | sort -u | xargs; }   # answers_seen APP: each kind once
