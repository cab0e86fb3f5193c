# shellcheck shell=bash

another_replica_takes_over() {
  chapter "two schedulers"
  local leader path; leader=$(holder)
  is_not "one leads" "" "$leader"
  scheduler_at two
  new_scheduler two "$work/one.kubeconfig"
  start_scheduler two
  is "both list the same apps" "$(scheduler_at one; listed)" "$(scheduler_at two; listed)"
  scheduler_at two
  update web 3 1529064900.1
  is "either takes changes" 200 "$status"
  scheduler_at one
  is "and sees those of the other within a second" 1529064900.1 "$(sleep 1; annotation_of web)"
  is "one still leads" "$leader" "$(holder)"
  runs web 3
  is "nobody has gone for that" "$leader" "$(holder)"

  start_asking web /
  succeeds "another version is activated" activate 2
  kill_scheduler one
  scheduler_at two
  is "when the leader is killed, the other answers" 200 "$(opi GET apps; echo "$status")"
  wait_until 60 has_another_holder "$leader"
  is_not "and leads within a minute" "$leader" "$(holder)"
  becomes web 3 2
  stop_asking web 2
  path=/internal/v4/apps/$(process_guid_of web)/crashed
  local before; before=$(told "$path" | wc -l)
  answer_of "$(pods web | grep -- '-0$')" /crash > "$work/answer/crash"
  wait_until 60 has_been_told "$path" $((before + 1))
  is "crashes are told by the one that leads" 7 "$(told "$path" | tail -n 1 | jq .body.exit_status)"
  start_scheduler one
  sleep 5
  is "the one that comes back tells nobody again" $((before + 1)) "$(told "$path" | wc -l)"
  stop_server two
  matches "SIGTERM ends a scheduler within 15 s, with status 0 or 143" '^(0|143)$' "$exit_status"
  scheduler_at one
}

holder() { kubectl --namespace cf-system get leases --output 'jsonpath={.items[0].spec.holderIdentity}'; }
has_another_holder() { [ -n "$(holder)" ] && [ "$(holder)" != "$1" ]; }

a_list_is_whole_or_an_error() {
  chapter "a scheduler that does not see the cluster"
  new_scheduler early "$work/early.kubeconfig"
  jq '.clusters[0].cluster.server = "https://127.0.0.1:1"' "$work/one.kubeconfig" > "$work/early.kubeconfig"
  launch_scheduler early
  wait_until 60 listens early
  opi GET apps
  is "the list is 500 as long as it has not been seen" 500 "$status"
  is "with nothing that could be taken for one" "" "$(jq -r '.desired_lrp_scheduling_infos // empty' "$body" 2> /dev/null)"
  is "it is not ready" 503 "$(curl -s --max-time 5 -o "$work/answer/ready" -w '%{http_code}' "$scheduler_ops/readyz")"
  is "but alive" 200 "$(curl -s --max-time 5 -o "$work/answer/live" -w '%{http_code}' "$scheduler_ops/livez")"
  is "it is still there" still "$(is_gone "${server_pid[early]}" || echo still)"
  kill_scheduler early
  scheduler_at one
}

listens() { is_gone "${server_pid[$1]}" || { opi GET apps; [[ $status = [1-5]* && $status != 000* ]]; }; }
