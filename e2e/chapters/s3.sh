# shellcheck shell=bash
# S3 as the only thing that servers keep anything in. Ports end in 3, 4 and 5; the balancer's in 9.

a_server_keeps_everything_in_s3() {
  chapter "a server whose only state is in S3"
  local registry api ops name digest shown runtime; at one
  name_droplets
  start_minio
  make_bucket dropship
  make_bucket cc-droplets
  new_s3_server one http://127.0.0.1:9000
  start_server one "$ops"
  succeeds "rootfs import takes a root file system and activates it" client rootfs import cflinuxfs4 1 "$samples/rootfs-1.tar" --activate
  for name in node-1 static-1; do
    http PUT "$api/droplets/${guid[$name]}/${hash[$name]}" --form "bits=@$(droplet "$name")"
    is_uploaded "$name" "to S3"
  done
  is "droplets are where the Cloud Controller has them" "$(s3_key_of node-1; s3_key_of static-1 | sort)" "$(keys_in cc-droplets)"
  is "node-1 is there as it was uploaded" "$(sha256_of "$(droplet node-1)")" "$(s3 GET "cc-droplets/$(s3_key_of node-1)" | sha256sum | cut -d ' ' -f 1)"
  is "their records and layers are in the other bucket" "dropship/droplets/${guid[node-1]}/${hash[node-1]}.json dropship/droplets/${guid[static-1]}/${hash[static-1]}.json" \
    "$(keys_in dropship | grep ^dropship/droplets/ | xargs)"

  start_containerd
  containerd_trusts "$registry"
  current_rootfs=1
  for runtime in containerd podman; do
    for name in node-1 static-1; do
      succeeds "$runtime pulls $name" "${runtime}_pull" "$(reference_of "$name")"
    done
    runs_static_app "$runtime" "$(reference_of static-1)"
  done
  runs_web_app containerd node 1 10041 "$(reference_of node-1)"
  runs_web_app podman node 1 10042 "$(reference_of node-1)"

  http PUT "$api/droplets/${guid[node-2]}" --header "Digest: sha256=${hash[node-2]}" --upload-file "$(droplet node-2)"
  is "uploading node-2, a redeploy, is 201" 201 "$status"
  fetch_manifest "$(repository_of node-1)" "${hash[node-1]}" "$work/s3-node-1.json"
  digest=$(header docker-content-digest)
  fetch_manifest "$(repository_of node-2)" "${hash[node-2]}" "$work/s3-node-2.json"
  is "it has one layer that node-1 has not" 1 "$(layers_of "$work/s3-node-2.json" | grep -cvxFf <(layers_of "$work/s3-node-1.json"))"

  shown=$(client droplet show "${guid[node-1]}" "${hash[node-1]}" 2>&1)
  stop_server one
  matches "SIGTERM ends the server within 15 s, with status 0 or 143" '^(0|143)$' "$exit_status"
  is "on its own disk there is nothing of droplets or layers" "" "$(find "$work/one" -type f -size +64k)"
  rm -r "$work/one/scratch"
  start_server one "$ops"
  is "with an empty disk it knows the digest of node-1" "$digest" "$(digest_of "$(repository_of node-1)" "${hash[node-1]}")"
  is "droplet show says the same" "$shown" "$(client droplet show "${guid[node-1]}" "${hash[node-1]}" 2>&1)"
  mkdir "$work/skopeo-s3"
  for name in node-1 node-2 static-1; do
    succeeds "skopeo copies $name" skopeo_ "docker://$(reference_of "$name")" "dir:$work/skopeo-s3/$name"
    is "each blob of $name hashes to its name" "" "$(mismatched_blobs "$work/skopeo-s3/$name")"
  done
  is "nothing was converted after the restart" 0 "$(conversions)"

  a_killed_server_leaves_nothing_half
}

s3_key_of() { printf '%s/%s/%s/%s\n' "${guid[$1]:0:2}" "${guid[$1]:2:2}" "${guid[$1]}" "${hash[$1]}"; }   # s3_key_of NAME, in cc-droplets

a_killed_server_leaves_nothing_half() {
  local droplets everything client
  droplets=$(keys_in cc-droplets) everything=$(keys_in dropship)
  begin_upload killed/half --limit-rate 8M
  is "an upload is half way in S3" "half way" "$(wait_until 30 part_has_come && echo half way)"
  kill -KILL "${server_pid[one]}"
  wait "${server_pid[one]}" 2> /dev/null; unset "server_pid[one]"
  end_upload
  is_not "its client hears of no success when the server is killed" 201 "$upload_status"
  is "no droplet is visible in S3" "$droplets" "$(keys_in cc-droplets)"
  is "and nothing that would name one" "" "$(keys_in dropship | grep killed)"
  start_server one "$ops"
  is_not_stored killed/half
  registry HEAD cloudfoundry/killed/manifests/half
  is "its image is not known" 404 "$status"
  http PUT "$api/droplets/killed/half" --form "bits=@$(droplet node-1)"
  is "the same upload is 201 now" 201 "$status"
}

begin_upload() {   # begin_upload ID [CURL OPTION...]: of node-1, while other things go on
  local id=$1; shift
  curl --silent --max-time 120 --output "$work/answer/upload" --dump-header "$work/answer/upload-headers" --write-out '%{http_code}' \
    "$@" --request PUT --form "bits=@$(droplet node-1)" "$api/droplets/$id" > "$work/answer/upload-status" &
  upload_pid=$!
}

end_upload() {   # sets upload_status
  wait "$upload_pid"
  upload_status=$(< "$work/answer/upload-status")
}

# --- replicas

two_replicas_serve_one_store() {
  chapter "two servers of one store"
  local registry api ops before digest
  at two
  new_s3_server two http://127.0.0.1:9000
  start_server two "$ops"

  registry HEAD cloudfoundry/shared/manifests/droplet
  is "a droplet that nobody has uploaded has no image at the second server" 404 "$status"
  at one
  http PUT "$api/droplets/shared/droplet" --form "bits=@$(droplet static-1)"
  is "it is uploaded through the first" 201 "$status"
  digest=$(digest_of cloudfoundry/shared droplet)
  at two
  soon has_digest shared droplet "$digest"
  is "within 2 s the second server has its image" "$digest" "$(digest_of cloudfoundry/shared droplet)"
  succeeds "skopeo copies it from there" skopeo_ "docker://$registry/cloudfoundry/shared:droplet" "dir:$work/skopeo-s3/shared"

  before=$digest
  at one
  succeeds "rootfs import takes the next version through the first" client rootfs import cflinuxfs4 2 "$samples/rootfs-2.tar" --activate
  at two
  soon has_left cloudfoundry/shared droplet "$before"
  digest=$(digest_of cloudfoundry/shared droplet)
  is_not "within 2 s tags of the second server are on that" "$before" "$digest"
  at one
  is "and have the digest they have at the first" "$digest" "$(digest_of cloudfoundry/shared droplet)"

  at two
  http DELETE "$api/droplets/shared/droplet"
  is "the droplet is deleted through the second" 204 "$status"
  at one
  soon has_digest shared droplet ""
  http GET "$api/droplets/shared/droplet"
  is "within 2 s the first has it no more" 404 "$status"
  registry HEAD cloudfoundry/shared/manifests/droplet
  is "nor its image" 404 "$status"

  both_take_the_same_droplet_at_once
  restarts_in_turn_fail_no_request
}

soon() {   # soon COMMAND...: tries for 2 s
  local end=$((${EPOCHREALTIME/./} + 2000000))
  until "$@" || [ "${EPOCHREALTIME/./}" -gt $end ]; do sleep 0.05; done
}

has_digest() { [ "$(digest_of "cloudfoundry/$1" "$2")" = "$3" ]; }   # has_digest GUID HASH DIGEST

both_take_the_same_droplet_at_once() {
  local first second; at one
  begin_upload together/droplet
  at two
  http PUT "$api/droplets/together/droplet" --form "bits=@$(droplet node-1)"
  end_upload
  is "one droplet uploaded through both at once is 201 for both" "201 201" "$upload_status $status"
  second=$(digest_of cloudfoundry/together droplet)
  at one
  first=$(digest_of cloudfoundry/together droplet)
  is "and is one image" "sha256:${second#sha256:}" "$first"
}

restarts_in_turn_fail_no_request() {
  local workers=() name log=$work/load/requests
  mkdir "$work/load"
  balance one two
  keep_pulling pull-1 node-1 & workers+=($!)
  keep_pulling pull-2 static-1 & workers+=($!)
  keep_uploading upload-1 static-1 & workers+=($!)
  keep_uploading upload-2 node-1 & workers+=($!)
  wait_until 30 grep -q '^upload.*201' "$log"
  for name in one two; do
    at "$name"
    kill -TERM "${server_pid[$name]}"
    wait_until 2 is_not_ready "$ops"
    balance "$(other_than "$name")"
    await_exit "${server_pid[$name]}" 60
    unset "server_pid[$name]"
    matches "SIGTERM under load ends the $name server within 60 s, with status 0 or 143" '^(0|143)$' "$exit_status"
    start_server "$name" "$ops"
    balance one two
  done
  touch "$work/load/enough"
  wait "${workers[@]}"
  is "no request has failed" "" "$(grep -vE '^(manifest|blob) 200, curl: 0$|^upload 201, curl: 0$' "$log")"
  is "there were many of each kind" "blob manifest upload" "$(cut -d ' ' -f 1 "$log" | sort | uniq -c | awk '$1 >= 10 { print $2 }' | xargs)"
  is "both servers had their share" "localhost:5003 localhost:5004" \
    "$(for name in 3 4; do ! grep -q "127.0.0.1:500$name" "$work/log/nginx-requests" || echo localhost:500$name; done | xargs)"
  printf '    %s\n' "$(sort "$log" | uniq -c | xargs)"
}

is_not_ready() { ! curl -fs --max-time 5 "$1/readyz"; }
other_than() { if [ "$1" = one ]; then echo two; else echo one; fi; }

# --- faults

a_store_that_fails_loses_nothing() {
  chapter "S3 that is slow, broken and away, and a full disk"
  local registry api ops layer size
  at faulty
  start_toxiproxy
  new_s3_server faulty http://127.0.0.1:9002
  mkdir "$work/faulty/scratch"
  mount -t tmpfs -o size=1g tmpfs "$work/faulty/scratch"
  start_server faulty "$ops"
  fetch_manifest "$(repository_of node-1)" "${hash[node-1]}" "$work/s3-node-1.json"
  read -r layer size < <(jq -r '.layers | max_by(.size) | "\(.digest) \(.size)"' "$work/s3-node-1.json")

  s3_suffers latency downstream '{"latency": 500}'
  http PUT "$api/droplets/slow/droplet" --form "bits=@$(droplet node-1)"
  is "when S3 takes half a second for each answer, an upload is 201" 201 "$status"
  pull_layer
  is "and a pull is whole" "200, $size bytes, $layer" "$pulled"
  s3_recovers

  uploads_fail_whole "S3 resets its connections" cut-1 reset_peer downstream '{"timeout": 0}'
  uploads_fail_whole "S3 gives half an answer" cut-2 limit_data downstream '{"bytes": 100}'
  uploads_fail_whole "S3 reads 10 MB from each connection" cut-3 limit_data upstream '{"bytes": 10000000}'

  pulls_break "S3 ends in the middle of an answer" limit_data '{"bytes": 1000000}'
  pulls_break "S3 resets its connection in the middle of an answer" reset_peer '{"timeout": 0}'

  nobody_answers_for_s3
  the_disk_is_full
  stop_servers_of_s3
}

uploads_fail_whole() {   # uploads_fail_whole WHEN GUID TOXIC STREAM ATTRIBUTES: or succeed
  local when=$1 id=$2/droplet
  begin_upload "$id" --limit-rate 20M
  wait_until 30 part_has_come
  s3_suffers "$3" "$4" "$5"
  end_upload
  s3_recovers
  http GET "$api/droplets/$id"
  if [ "$upload_status" = 201 ]; then
    is "when $when, an upload is 201, and the droplet is whole" "200 $(sha256_of "$(droplet node-1)")" "$status $(sha256_of "$body")"
  else
    is "when $when, an upload is 503" 503 "$upload_status"
    is "and there is no such droplet" 404 "$status"
    registry HEAD "cloudfoundry/$2/manifests/droplet"
    is "and no such image" 404 "$status"
  fi
  http PUT "$api/droplets/$id" --form "bits=@$(droplet node-1)"
  is "the next upload of it is 201" 201 "$status"
}

begin_pull() {   # begin_pull [CURL OPTION...]: of node-1's largest layer, while other things go on
  rm -f "$work/answer/layer"
  curl --silent --max-time 60 --cacert "$work/ca.crt" --user "$pull_user" --output "$work/answer/layer" --write-out '%{http_code}' \
    "$@" "https://$registry/v2/$(repository_of node-1)/blobs/$layer" > "$work/answer/pull-status" &
  pull_pid=$!
}

end_pull() {   # sets pulled, to what came, and pull_exit, to what curl thinks of it
  wait "$pull_pid"; pull_exit=$?
  pulled="$(< "$work/answer/pull-status"), $(stat -c %s "$work/answer/layer") bytes, sha256:$(sha256_of "$work/answer/layer")"
}

pull_layer() { begin_pull; end_pull; }

pulls_break() {   # pulls_break WHEN TOXIC ATTRIBUTES
  begin_pull --limit-rate 8M
  wait_until 30 test -s "$work/answer/layer"
  s3_suffers "$2" downstream "$3"
  end_pull
  s3_recovers
  matches "when $1, a pull breaks at the client" '^(18|56)$' "$pull_exit"
  is_not "and not all bytes have come" "200, $size bytes, $layer" "$pulled"
  pull_layer
  is "the next pull is whole" "200, $size bytes, $layer" "$pulled"
}

nobody_answers_for_s3() {
  s3_is_away
  registry GET "$(repository_of node-1)/blobs/$layer"
  is "when S3 is away, a blob is 503 with Retry-After" "503 UNAVAILABLE, after some seconds" "$(error), $(when_to_retry)"
  registry GET "$(repository_of static-1)/manifests/${hash[static-1]}"
  is "so is a tag" "503 UNAVAILABLE, after some seconds" "$(error), $(when_to_retry)"
  http PUT "$api/droplets/away/droplet" --form "bits=@$(droplet node-1)"
  is "so is an upload" "503, after some seconds" "$status, $(when_to_retry)"
  http GET "$ops/readyz"
  is "and the server is not ready" 503 "$status"
  http GET "$ops/livez"
  is "but alive" 200 "$status"
  s3_is_back
  wait_until 5 is_ready faulty "$ops"
  http GET "$ops/readyz"
  is "when S3 is back, it is ready within 5 s" 200 "$status"
  is_not_stored away/droplet
  pull_layer
  is "and a pull is whole" "200, $size bytes, $layer" "$pulled"
  http PUT "$api/droplets/away/droplet" --form "bits=@$(droplet node-1)"
  is "and an upload is 201" 201 "$status"
}

when_to_retry() { if [[ $(header retry-after) == [0-9]* ]]; then echo after some seconds; else echo no Retry-After; fi; }

the_disk_is_full() {
  mount -o remount,size=4m "$work/faulty/scratch"
  http PUT "$api/droplets/full/droplet" --form "bits=@$(droplet node-1)"
  is "when the disk for scratch files is full, an upload is 507" 507 "$status"
  is_not_stored full/droplet
  is "and leaves nothing on the disk" 0 "$(find "$work/faulty/scratch" -type f -size +0 | wc -l)"
  http PUT "$api/droplets/full/small" --form "bits=@$(droplet static-1)"
  is "what there is room for is 201" 201 "$status"
  mount -o remount,size=1g "$work/faulty/scratch"
  http PUT "$api/droplets/full/droplet" --form "bits=@$(droplet node-1)"
  is "when there is room again, the same upload is 201" 201 "$status"
}

stop_servers_of_s3() {   # that still run, all at once
  local name running=()
  for name in "${!place[@]}"; do [ -z "${server_pid[$name]:-}" ] || running+=("$name"); done
  for name in "${running[@]}"; do kill -TERM "${server_pid[$name]}"; done
  for name in "${running[@]}"; do await_exit "${server_pid[$name]}" 15; unset "server_pid[$name]"; done
}
