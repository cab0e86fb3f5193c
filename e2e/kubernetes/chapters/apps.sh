# shellcheck shell=bash

nobody_else_is_let_in() {
  chapter "who may speak to a scheduler"
  http GET "$opi/apps"
  matches "a client without a certificate fails in the handshake" '^000 ' "$status"
  http GET "$opi/apps" --cert "$work/stranger.crt" --key "$work/stranger.key"
  matches "so does one with a certificate of another authority" '^000 ' "$status"
  http GET "http://${opi#https://}/apps"
  matches "so does one without TLS" '^000 ' "$status"
  opi GET apps
  is "the Cloud Controller is let in" "200" "$status"
  is "and told of no apps, as an empty array" '{"desired_lrp_scheduling_infos":[]}' "$(jq -c . "$body")"
}

# What `web` runs, also in later chapters: it says which root file system it is on, and crashes when it is asked to.
web_command=$(tr '\n' ' ' << 'JS'
exec node -e '
const app = require("express")();
const rootfs = require("fs").readFileSync("/etc/rootfs-version", "utf8").trim();
app.get("/", (request, response) => response.send("app on rootfs " + rootfs));
app.get("/env", (request, response) => response.json(process.env));
app.get("/id", (request, response) => response.json({uid: process.getuid(), gid: process.getgid(), cwd: process.cwd()}));
app.get("/crash", () => process.exit(7));
app.listen(process.env.PORT);'
JS
)

apps_run_from_the_registry() {
  chapter "an app"
  local pod image
  desire web 2 node-1 "$web_command"
  runs web 2
  image=$(pinned node-1 1)
  is "its image is pinned to the digest that droplet and root file system have in the registry" "$image" "$(image_of web)"
  is "it is the image that both instances run" "$image" "$(image_ids web)"
  is "a node that has it need not ask for it again" IfNotPresent "$(statefulset web | jq -r '.spec.template.spec.containers[0].imagePullPolicy')"
  is "both instances answer at their own addresses" "app on rootfs 1 app on rootfs 1" "$(answers web / | xargs)"
  for pod in $(pods web); do
    is "$pod runs as user 2000, where the droplet says" '{"uid":2000,"gid":2000,"cwd":"/home/vcap/app"}' "$(answer_of "$pod" /id)"
    names "$pod knows which instance it is" "$(answer_of "$pod" /env | jq -r '"\(.CF_INSTANCE_INDEX) \(.INSTANCE_INDEX) \(.CF_INSTANCE_INTERNAL_IP) \(.POD_NAME)"')" \
      "${pod##*-} ${pod##*-} $(pod_address "$pod") $pod"
  done

  is "GET /apps lists it" "$(process_guid_of web)" "$(listed)"
  is "with the time of its last change, byte for byte" 1529064800.9 "$(annotation_of web)"
  opi GET "apps/$(guid_of web)/$(version_of web)"
  is "GET of it alone says how many instances are wanted" "200 $(process_guid_of web) 2" "$status $(jq -r '.desired_lrp | "\(.process_guid) \(.instances)"' "$body")"
  opi GET "apps/$(guid_of web)/$(version_of nothing)"
  is "another version of it is not known" 404 "$status"
  is "both instances are RUNNING" "0 RUNNING 1 RUNNING" "$(states web)"
  matches "since a time in nanoseconds" "^$(date +%s | cut -c 1-5)[0-9]{14}\$" "$(jq '.instances[0].since' "$body")"
  opi GET "apps/$(guid_of nothing)/$(version_of nothing)/instances"
  is "instances of what is not known are said not to be found" "404 true 0" "$status $(jq -r '"\(.error | contains("not found")) \(.instances | length)"' "$body")"

  local before; before=$(statefulset web | jq -c .spec)
  desire web 2 node-1 "$web_command"
  is "desiring it again changes nothing" "$before" "$(statefulset web | jq -c .spec)"
}

an_app_is_scaled() {
  chapter "more and fewer instances"
  local before template; before=$(uids web) template=$(statefulset web | jq -c .spec.template)
  update web 3 1529064801.25
  is "scaling it to 3 is 200" 200 "$status"
  runs web 3
  is "the two that were there are the same" 2 "$(uids web | grep -cxFf - <(echo "$before"))"
  is "the list has the time of this change" 1529064801.25 "$(annotation_of web)"
  update web 1 1529064801.250
  is "scaling it to 1 is 200" 200 "$status"
  runs web 1
  is "it is one that was there" 1 "$(uids web | grep -cxFf - <(echo "$before"))"
  is "the time is not a number to anybody" 1529064801.250 "$(annotation_of web)"
  is "the pod template is what it was" "$template" "$(statefulset web | jq -c .spec.template)"
  is "one instance may be evicted: there is no disruption budget" 0 "$(objects poddisruptionbudgets web | jq '.items | length')"
  update web 2 1529064800.9
  runs web 2
  is "of two instances, one may be evicted at a time" 1 "$(objects poddisruptionbudgets web | jq '.items | length')"
  update nothing 1 1.0
  matches "scaling what is not known is no success, and says why" '^(404|500) .+' "$status $(jq -r '.error.message' "$body")"
}

an_older_cloud_controller_is_understood() {
  chapter "the request as it was in 2019"
  # shellcheck disable=SC2016   # $here are jq's
  desire veteran 1 node-1 "$web_command" '.lifecycle.buildpack_lifecycle as $lifecycle
    | {process_guid, guid, version, docker_image: null, environment, instances, memory_mb, cpu_weight, health_check_type, health_check_http_endpoint: null,
       health_check_timeout_ms, last_updated, volume_mounts, ports, routes} + $lifecycle'
  runs veteran 1
  is "it runs" "app on rootfs 1" "$(answers veteran /)"
  is "it is in the list" 1 "$(listed | grep -c "$(process_guid_of veteran)")"
  stop veteran
  is "stopping it is 200" 200 "$status"

  desire portless 1 static-1 "exec sleep 1000" '.ports = [] | .health_check_type = "process" | .environment.PORT = "" | .environment["not:a.name"] = "x"'
  runs portless 1
  stop portless
  opi PUT "apps/$(process_guid_of nonsense)" '{"guid": '
  is "half a body is 400" 400 "$status"
}

what_is_stopped_is_gone() {
  chapter "stopping"
  local app
  for app in $(known_apps); do
    opi PUT "apps/${app:0:36}/${app:37}/stop"
    is "stopping ${app:0:8}… is 200" 200 "$status"
    opi GET "apps/${app:0:36}/${app:37}/instances"
    is "its instances are not found from then on" "404 true" "$status $(jq -r '.error | contains("not found")' "$body")"
  done
  stop nothing
  is "stopping what is not known is 200" 200 "$status"
  is "the list is empty at once" "" "$(listed)"
  wait_until 90 nothing_is_left
  is "nothing is left of any app" "" "$(whatever_is_left)"
}

known_apps() { listed; }
whatever_is_left() { in_namespace get statefulsets,pods,poddisruptionbudgets,secrets --selector cloudfoundry.org/source_type=APP --output name; }
nothing_is_left() { [ -z "$(whatever_is_left)" ]; }
