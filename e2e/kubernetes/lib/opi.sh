# shellcheck shell=bash
# What a Cloud Controller sends. Apps have names here, and guids and versions that follow from these.

uuid_of() { printf %s "$1" | sha1sum | sed -E 's/(.{8})(.{4})(.{4})(.{4})(.{12}).*/\1-\2-\3-\4-\5/'; }   # uuid_of TEXT
guid_of() { uuid_of "the guid of $1"; }
version_of() { uuid_of "the version of $1"; }
process_guid_of() { printf '%s-%s\n' "$(guid_of "$1")" "$(version_of "$1")"; }

opi() {   # opi METHOD PATH [BODY]: sets status, headers and body, as http does
  http "$1" "$opi/$2" --cert "$work/cloud-controller.crt" --key "$work/cloud-controller.key" \
    --header 'Content-Type: application/x-www-form-urlencoded' --data-binary "${3:-}"
}

body_for() {   # body_for APP INSTANCES DROPLET START-COMMAND [JQ-FILTER]: what the filter leaves of it
  jq -n --arg app "$1" --argjson instances "$2" --arg command "$4" --arg guid "$(guid_of "$1")" --arg version "$(version_of "$1")" \
    --arg process_guid "$(process_guid_of "$1")" --arg space "$(guid_of space)" --arg droplet "$(guid_of "$3")" --arg hash "$(sha1_of "$samples/$3.tgz")" '{
      guid: $guid, version: $version, process_guid: $process_guid, process_type: "web",
      app_guid: $guid, app_name: $app, space_guid: $space, space_name: "development", organization_guid: "o-1", organization_name: "e2e",
      lifecycle: {buildpack_lifecycle: {droplet_guid: $droplet, droplet_hash: $hash, start_command: $command}},
      environment: {PORT: "8080", VCAP_APP_PORT: "8080", VCAP_APP_HOST: "0.0.0.0", VCAP_SERVICES: "{}", MEMORY_LIMIT: "256m",
        VCAP_APPLICATION: ({application_id: $guid, application_name: $app, space_id: $space, space_name: "development"} | tojson)},
      instances: $instances, memory_mb: 256, disk_mb: 1024, cpu_weight: 3,
      health_check_type: "port", health_check_http_endpoint: null, health_check_timeout_ms: 0, start_timeout_ms: 60000,
      last_updated: "1529064800.9", volume_mounts: [], ports: [8080], routes: {"cf-router": [{hostname: ($app + ".example.com"), port: 8080}]},
      egress_rules: [], placement_tags: [], user_defined_annotations: {}}'" | ${5:-.}"
}

desire() {   # desire APP INSTANCES DROPLET START-COMMAND [JQ-FILTER]
  opi PUT "apps/$(process_guid_of "$1")" "$(body_for "$@")"
  is "desiring $1 is 202" 202 "$status"
}

update() {   # update APP INSTANCES ANNOTATION
  opi POST "apps/$(process_guid_of "$1")" "$(jq -n --arg guid "$(guid_of "$1")" --arg version "$(version_of "$1")" --argjson instances "$2" --arg annotation "$3" \
    '{guid: $guid, version: $version, update: {instances: $instances, routes: {"cf-router": []}, annotation: $annotation}}')"
}

stop() { opi PUT "apps/$(guid_of "$1")/$(version_of "$1")/stop"; }   # stop APP

listed() { opi GET apps; jq -r '.desired_lrp_scheduling_infos[].desired_lrp_key.process_guid' "$body" | sort; }   # every app's process guid
annotation_of() { opi GET apps; jq -r --arg it "$(process_guid_of "$1")" '.desired_lrp_scheduling_infos[] | select(.desired_lrp_key.process_guid == $it) | .annotation' "$body"; }

states() {   # states APP: of its instances, such as: 0 RUNNING 1 CLAIMED
  opi GET "apps/$(guid_of "$1")/$(version_of "$1")/instances"
  jq -r '[.instances[] | "\(.index) \(.state)"] | sort | join(" ")' "$body"
}
