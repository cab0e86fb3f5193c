# shellcheck shell=bash

instances_are_stopped_and_crash() {
  chapter "instances that end"
  local guid version before path; guid=$(guid_of web) version=$(version_of web)
  before=$(uids web)
  opi PUT "apps/$guid/$version/stop/0"
  is "stopping instance 0 is 200" 200 "$status"
  wait_until 60 has_another_pod "$before" 1
  runs web 2
  is "it is another pod, and instance 1 is what it was" 1 "$(uids web | grep -cxFf - <(echo "$before"))"
  before=$(uids web)
  opi PUT "apps/$guid/$version/stop/first"
  is "an index that is no number is 400" 400 "$status"
  opi PUT "apps/$guid/$version/stop/7"
  is "so is one that there is not" 400 "$status"
  is "neither stops anything" "$before" "$(uids web)"
  path=/internal/v4/apps/$(process_guid_of web)/crashed
  is "none of this was a crash" "" "$(told "$path")"

  local pod restarts; pod=$(pods web | grep -- '-1$')
  cloud_controller_answers 503
  answer_of "$pod" /crash > "$work/answer/crash"
  wait_until 60 has_been_told "$path" 1 503
  is "a crash is told to the Cloud Controller" true "$(told "$path" | jq -s 'length > 0')"
  cloud_controller_answers 200
  wait_until 90 has_been_told "$path"
  is "again, if it could not take it" '["POST",200]' "$(told "$path" | tail -n 1 | jq -c '[.method, .status]')"
  is "with who crashed and how" "[\"$pod\",1,7,\"Error\"]" "$(told "$path" | tail -n 1 | jq -c '.body | [.instance, .index, .exit_status, .reason]')"
  is "with a description, the time, and which crash it was" '[true,true,1]' \
    "$(told "$path" | tail -n 1 | jq -c '[(.body.exit_description | length > 0), (.time - .body.crash_timestamp | . > -5 and . < 120), .body.crash_count]')"
  runs web 2
  restarts=$(in_namespace get pod "$pod" --output 'jsonpath={.status.containerStatuses[0].restartCount}')
  is "the container is started again in its pod" 1 "$restarts"
  sleep 5   # a second report would come with one of the pod's changes, which are over
  is "one crash is told once" 1 "$(told "$path" | jq -s 'map(select(.status == 200)) | length')"

  desire doomed 1 static-1 "sleep 2; exit 3" '.health_check_type = "process" | .ports = []'
  path=/internal/v4/apps/$(process_guid_of doomed)/crashed
  wait_until 90 has_been_told "$path" 2
  is "an app that crashes again and again is told each time" "3 3" "$(told "$path" | jq -r 'select(.status == 200) | .body.exit_status' | head -n 2 | xargs)"
  is "each with its number" "1 2" "$(told "$path" | jq -r '.body.crash_count' | head -n 2 | xargs)"
  wait_until 60 is_crashed doomed
  is "it is CRASHED meanwhile" "0 CRASHED" "$(states doomed)"
  stop doomed
  is "stopping it is 200" 200 "$status"
}

has_another_pod() { [ "$(uids web | grep -cxFf - <(echo "$1"))" = "$2" ]; }   # has_another_pod UIDS-BEFORE HOW-MANY-OF-THEM-STAY
is_crashed() { [ "$(states "$1")" = "0 CRASHED" ]; }

a_registry_that_is_away_holds_up_nothing_that_runs() {
  chapter "a registry that is away"
  local pod unseen; pod=$(pods web | head -n 1) unseen='.lifecycle.buildpack_lifecycle.droplet_guid = "'"$(guid_of unseen)"'"'
  succeeds "a droplet is there that has not been asked for" operator droplet push "$(guid_of unseen)" "$(sha1_of "$samples/node-1.tgz")" "$samples/node-1.tgz"
  stop_server registry
  opi PUT "apps/$(process_guid_of late)" "$(body_for late 1 node-1 "$web_command" "$unseen")"
  matches "an app of that cannot be desired" '^5' "$status"
  is "it is not in the list, so that it is desired again" 0 "$(listed | grep -c "$(process_guid_of late)")"
  names "the log says which and why" "$(grep "$(guid_of late)" "$work/log/server-one")" "$(guid_of late)"
  in_namespace delete pod "$pod" --wait=false > "$work/log/delete" 2>&1
  wait_until 30 is_not_there "$pod"
  runs web 2
  start_server registry "$ops"
  desire late 1 node-1 "$web_command" "$unseen"
  runs late 1
  stop late
}

is_not_there() { [[ $(pods web) != *"$1"$'\n'* ]]; }
