# shellcheck shell=bash

quickstart_works_on_a_used_machine() {   # while servers have the usual ports
  chapter "quickstart at a terminal, in an empty folder, on a machine whose ports are taken"
  local folder="$work/newcomer/an empty folder" digest kept
  prepare_newcomer
  mkdir "$folder"
  start_quickstart_at_a_terminal "$folder" "$dropship quickstart"
  names "it found other ports" "$(cat "$folder/dropship-data/dropship.yml")" 'localhost:5001' '127.0.0.1:8081' '127.0.0.1:9091'
  names "it says on what its images run, and how to bring a real root file system" "$(< "$quickstart_output")" \
    "root file system  small-" "docker export" debootstrap
  is "it prints commands for docker, podman, containerd and skopeo" "docker docker docker podman podman ctr ctr skopeo podman curl" \
    "$(printed_commands | cut -d ' ' -f 1 | xargs)"
  follow_printed_commands "Hello from a droplet: profile.d has been read"
  matches "a second start in the same folder is told why it cannot be" 'another server uses it' "$(pasted "$folder" "$dropship quickstart" 2>&1)"
  digest=$(value_of digest)
  kept=$(kept_by_quickstart "$folder")
  type_ctrl_c
  quickstart_ends Ctrl-C

  start_quickstart "$folder" "$dropship quickstart"
  is "started again, it has the same configuration, certificate and passwords" "$kept" "$(kept_by_quickstart "$folder")"
  is "and the same image" "$digest" "$(value_of digest)"
  press_ctrl_c "$quickstart_pid"
  quickstart_ends Ctrl-C
}

kept_by_quickstart() { (cd "$1/dropship-data" && sha256sum dropship.yml tls.crt tls.key ./*.pw); }

quickstart_is_for_pulls_only_elsewhere() {
  chapter "quickstart where programs of the machine cannot run in containers"
  local folder=$work/newcomer/elsewhere-os command
  prepare_newcomer
  mkdir "$folder"
  start_quickstart "$folder" "DROPSHIP_JAVA_OPTIONS=-Dos.name=Darwin $dropship quickstart"
  names "it says that images cannot be run, and how to bring a real root file system" "$(< "$quickstart_output")" \
    "not a Linux" "root file system  empty-" "pulled, but not run" "docker export"
  is "it prints only what pulls" "docker docker podman ctr skopeo" "$(printed_commands | cut -d ' ' -f 1 | xargs)"
  while IFS= read -r command; do
    succeeds "${command%% --*}" pasted "$work/newcomer/elsewhere" "$command"
  done < <(printed_commands)
  kill -TERM "$quickstart_pid"
  quickstart_ends SIGTERM
}
