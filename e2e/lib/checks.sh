# shellcheck shell=bash
# Checks: a sentence each, `ok - …` or `not ok - …` with what was expected and what was seen.

passed=0 failed=0

say() { printf 'e2e: %s\n' "$*" >&2; }

chapter() { printf '# %s\n' "$1"; }

ok() { passed=$((passed + 1)); printf 'ok - %s\n' "$1"; }

not_ok() {   # not_ok SENTENCE EXPECTED SEEN
  failed=$((failed + 1))
  printf 'not ok - %s\n' "$1"
  indented expected "$2"
  indented seen "$3"
  stop_if_a_server_is_gone
}

indented() {   # indented LABEL TEXT
  local lines; lines=${2:-(nothing)}
  printf '    %s: %s\n' "$1" "${lines//$'\n'/$'\n'      }"
}

is() {   # is SENTENCE EXPECTED SEEN
  if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2" "$3"; fi
}

is_not() {   # is_not SENTENCE UNEXPECTED SEEN
  if [ "$2" != "$3" ] && [ -n "$3" ]; then ok "$1"; else not_ok "$1" "anything but '$2'" "$3"; fi
}

matches() {   # matches SENTENCE EXTENDED-REGEX SEEN
  if [[ $3 =~ $2 ]]; then ok "$1"; else not_ok "$1" "something like $2" "$3"; fi
}

names() {   # names SENTENCE SEEN WORD...: every word occurs in what was seen
  local sentence=$1 seen=$2 missing=() word; shift 2
  for word; do [[ $seen == *"$word"* ]] || missing+=("$word"); done
  if [ ${#missing[@]} = 0 ]; then ok "$sentence"; else not_ok "$sentence" "to read ${missing[*]}" "$seen"; fi
}

succeeds() {   # succeeds SENTENCE COMMAND...
  local sentence=$1 output status; shift
  output=$("$@" 2>&1 < /dev/null); status=$?
  if [ $status = 0 ]; then ok "$sentence"; else not_ok "$sentence" "$1 to succeed" "status $status: $(tail -n 15 <<< "$output")"; fi
  return $status
}

wait_until() {   # wait_until SECONDS COMMAND...
  local end=$((SECONDS + $1)); shift
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

await_exit() {   # await_exit PID SECONDS: sets exit_status and exit_seconds, or kills it
  local begin=${EPOCHREALTIME/./}
  if wait_until "$2" is_gone "$1"; then
    wait "$1"; exit_status=$?
  else
    kill -KILL "$1" 2> /dev/null; wait "$1" 2> /dev/null
    exit_status="still running after $2 s"
  fi
  exit_seconds=$(((${EPOCHREALTIME/./} - begin) / 1000000))
}

is_gone() { ! kill -0 "$1" 2> /dev/null; }

finish() {
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]; exit
}

give_up() {   # give_up REASON [LOG]: nothing can be checked without it
  failed=$((failed + 1))
  printf 'not ok - %s\n' "$1"
  [ -z "${2:-}" ] || indented "end of $2" "$(tail -n 20 "$2" | cut -c 1-400)"
  finish
}
