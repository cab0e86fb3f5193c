# shellcheck shell=bash

tasks_run_once() {
  chapter "tasks"
  start_task good './run.sh; [ "$COLOUR" = "dark blue" ]'
  task_ends good false ""
  start_task bad 'exit 3'
  task_ends bad true Error
  start_task long 'exec sleep 1000'
  wait_until 60 task_pod_runs long
  is "while it runs it is in the list, and those that have been reported are not" "$(guid_of long)" "$(listed_tasks)"
  opi GET "tasks/$(guid_of long)"
  is "it can be asked for" "200 $(guid_of long)" "$status $(jq -r .guid "$body")"
  opi DELETE "tasks/$(guid_of long)"
  is "cancelling it is 204" 204 "$status"
  task_ends long true "task was cancelled"
  wait_until 60 task_has_no_pods long
  is "its pod is gone" "" "$(task_pods long)"
  opi DELETE "tasks/$(guid_of nothing)"
  is "cancelling what is not known is 404" 404 "$status"
  opi GET "tasks/$(guid_of nothing)"
  is "so is asking for it" 404 "$status"

  cloud_controller_answers 500
  start_task unheard 'true'
  wait_until 60 has_been_told "$(callback_of unheard)" 1 500
  is "a task whose end could not be told stays in the list" "$(guid_of unheard)" "$(listed_tasks)"
  cloud_controller_answers 200
  task_ends unheard false ""
  wait_until 60 has_no_tasks
  is "in the end there are none" "[]" "$(opi GET tasks; jq -c . "$body")"
}

callback_of() { printf '/internal/v4/tasks/%s/completed' "$(guid_of "$1")"; }

start_task() {   # start_task NAME COMMAND
  opi POST "tasks/$(guid_of "$1")" "$(jq -n --arg name "$1" --arg command "$2" --arg callback "$cloud_controller$(callback_of "$1")" \
    --arg app "$(guid_of web)" --arg space "$(guid_of space)" --arg droplet "$(guid_of static-1)" --arg hash "$(sha1_of "$samples/static-1.tgz")" '{
      name: $name, app_guid: $app, app_name: "web", org_guid: "o-1", org_name: "e2e", space_guid: $space, space_name: "development",
      environment: [{name: "COLOUR", value: "dark blue"}], completion_callback: $callback,
      lifecycle: {buildpack_lifecycle: {droplet_guid: $droplet, droplet_hash: $hash, start_command: $command}}}')"
  is "the task $1 is taken with 202" 202 "$status"
}

task_ends() {   # task_ends NAME FAILED REASON
  wait_until 120 has_been_told "$(callback_of "$1")"
  is "the Cloud Controller is told how the task $1 has ended" "{\"task_guid\":\"$(guid_of "$1")\",\"failed\":$2,\"failure_reason\":\"$3\"}" \
    "$(told "$(callback_of "$1")" | jq -c 'select(.status == 200) | .body | {task_guid, failed, failure_reason}')"
}

listed_tasks() { opi GET tasks; jq -r '.[].guid' "$body"; }
has_no_tasks() { [ -z "$(listed_tasks)" ]; }
task_pods() { in_namespace get pods --selector "cloudfoundry.org/guid=$(guid_of "$1")" --output name; }
task_has_no_pods() { [ -z "$(task_pods "$1")" ]; }
task_pod_runs() { in_namespace get pods --selector "cloudfoundry.org/guid=$(guid_of "$1")" --output 'jsonpath={.items[*].status.phase}' | grep -q Running; }
