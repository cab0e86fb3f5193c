# shellcheck shell=bash
# A root file system for all apps. `web` has two instances and is asked all the time.

activate() { operator rootfs activate cflinuxfs4 "$1"; }   # activate VERSION
is_on() { has_instances "$1" "$2" && [ "$(image_ids "$1")" = "$(pinned "$4" "$3")" ]; }   # is_on APP INSTANCES VERSION DROPLET

becomes() {   # becomes APP INSTANCES VERSION [DROPLET]: within two minutes
  local droplet=${4:-node-1}
  wait_until 150 is_on "$1" "$2" "$3" "$droplet"
  is "$1 runs on version $3, by its digest" "$(pinned "$droplet" "$3")" "$(image_ids "$1")"
  is "as its labels say" "$3 $3" "$(statefulset "$1" | jq -r '"\(.metadata.labels["rootfs-version"]) \(.spec.template.metadata.labels["rootfs-version"])"')"
  runs "$1" "$2"
}

ends_as() {   # ends_as WORD: done or paused
  wait_until 120 says "$1"
  is "rollout status says that it is $1" "$1" "$(outcome)"
}

outcome() { rollout status --json | jq -r 'if .paused then "paused" elif .done then "done" else . end'; }
says() { [ "$(outcome)" = "$1" ]; }

a_new_rootfs_reaches_every_app() {
  chapter "the next root file system"
  local before
  desire single 1 static-1 "exec sleep 1000" '.health_check_type = "process" | .ports = []'
  desire asleep 0 node-1 "$web_command"
  desire excluded 1 static-1 "exec sleep 1000" '.health_check_type = "process" | .ports = []'
  desire pinned 1 static-1 "exec sleep 1000" '.health_check_type = "process" | .ports = []'
  in_namespace label statefulset --selector "$(selector excluded)" dropship/rollout=excluded > "$work/log/label" 2>&1
  in_namespace label statefulset --selector "$(selector pinned)" dropship/pin=1 > "$work/log/label" 2>&1
  runs single 1; runs excluded 1; runs pinned 1
  before=$(uids excluded; uids pinned)

  start_asking web /
  succeeds "rootfs import takes version 2 and activates it" operator rootfs import cflinuxfs4 2 "$samples/rootfs-2.tar" --activate
  becomes web 2 2
  becomes single 1 2 static-1
  matches "all nodes had it before the first app moved" 'cflinuxfs4/2 is on ([0-9]+) of \1 nodes' "$(< "$work/log/server-one")"
  is "and what brought it there is gone" "" "$(in_namespace get daemonsets --output name)"
  is "what has no instances is changed as well" "$(pinned node-1 2)" "$(image_of asleep)"
  stop_asking web 1
  is "the answers came from the one, then from the other version" "app on rootfs 1 app on rootfs 2" "$(answers_seen web)"
  is "both instances are on version 2 now" "app on rootfs 2 app on rootfs 2" "$(answers web / | xargs)"
  is "what is excluded or pinned is as it was" "$before" "$(uids excluded; uids pinned)"
  ends_as done
  names "and how many apps are where, to people" "$(rollout status)" "cflinuxfs4 2" "1 excluded"
  names "metrics say how many apps are on which version" "$(curl -fs --max-time 10 "$scheduler_ops/metrics" | grep -E '^dropship_.*lrps' | grep -v '^#')" 'version="1"' 'version="2"'
  stop excluded; stop pinned; stop asleep
}

a_rollout_is_undone() {
  chapter "going back"
  start_asking web /
  succeeds "rollout undo goes back to what was active before" rollout undo
  becomes web 2 1
  becomes single 1 1 static-1
  stop_asking web 1
  is "the answers came from the one, then from the other version" "app on rootfs 1 app on rootfs 2" "$(answers_seen web)"
  matches "version 1 is the active one in the registry" '1 .*active' "$(operator rootfs list | grep -E '\b1\b')"
  ends_as done
}

a_rollout_is_paused() {
  chapter "pausing"
  local before; before=$(uids web; uids single)
  succeeds "rollout pause is taken" rollout pause
  ends_as paused
  succeeds "version 2 is activated" activate 2
  sleep 6   # longer than it takes to see that another version is active
  is "nothing moves" "$before" "$(uids web; uids single)"
  desire newcomer 1 node-1 "$web_command"
  runs newcomer 1
  is "what is new has the active version all the same" "app on rootfs 2" "$(answers newcomer /)"
  stop newcomer
  kill_scheduler one
  start_scheduler one
  sleep 3
  is "nor after the scheduler has been killed and started" "$before" "$(uids web; uids single)"
  start_asking web /
  succeeds "rollout resume is taken" rollout resume
  becomes web 2 2
  becomes single 1 2 static-1
  stop_asking web 1
  ends_as done
}

an_app_that_cannot_start_stops_the_rollout() {
  chapter "an app that cannot start on the next version"
  succeeds "version 1 is activated" activate 1
  becomes web 2 1
  desire picky 2 node-1 'grep -q 1 /etc/rootfs-version || exit 1; '"$web_command"
  runs picky 2
  start_asking picky /
  start_asking web /
  succeeds "version 2 is activated" activate 2
  ends_as paused
  names "it says which app it is" "$(rollout status)" "$(guid_of picky)"
  is "that has an instance on version 1 left" "app on rootfs 1" "$(answer_of "$(pods picky | grep -v '?' | head -n 1)" /)"
  runs web 2
  succeeds "rollout undo goes back" rollout undo
  becomes picky 2 1
  becomes web 2 1
  ends_as done
  stop_asking picky 1
  stop_asking web 1
  stop picky
}
