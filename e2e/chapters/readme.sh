# shellcheck shell=bash

the_readme_is_true() {   # on ports that nobody has; every block of commands in it is followed word by word
  chapter "the README, in an empty folder"
  local block clone=$work/newcomer/clone
  stop_servers
  prepare_newcomer
  mkdir "$clone"
  clone_repository "$clone"
  docker_ import --change 'CMD ["bash"]' "$samples/rootfs-1.tar" cloudfoundry/cflinuxfs4 > "$work/log/cflinuxfs4" 2>&1 ||
    give_up "an image called cloudfoundry/cflinuxfs4 is made" "$work/log/cflinuxfs4"
  cp "$(droplet node-1)" "$clone/my-droplet.tgz"
  mkdir -p "$work/readme" "$work/skopeo"
  fenced_blocks "$work/readme" < "$clone/README.md"
  for block in "$work"/readme/*; do
    case $block,$(< "$block") in
      *.sh,*"./mvnw verify"*) its_two_commands "$block" "$clone" ;;
      *.sh,*"--rootfs cflinuxfs4.tar"*) its_real_rootfs "$block" "$clone" ;;
      *.sh,*"dropship serve"*) its_server_by_hand "$block" "$clone" ;;
      *.sh,*"droplet push"*) its_upload_by_hand "$block" "$clone/try" ;;
      *.sh,*"kubectl "*) ;;   # wants a cluster
      *.yaml,*"opi:"*) its_scheduler_configuration "$block" ;;
      *.yaml,*) its_s3_configuration "$block" ;;
      *.toml,*) its_containerd_configuration "$block" ;;
      *.sh,*) not_ok "the README's commands are followed" "to know what to do with them" "$(< "$block")" ;;
    esac
  done
}

its_s3_configuration() {   # its_s3_configuration BLOCK: checked only; chapters/s3.sh has servers that run by such
  mkdir "$work/readme/s3"
  echo secret > "$work/readme/s3/s3.key"
  cat - "$1" > "$work/readme/s3/dropship.yml" << 'YAML'
registry: {listen: 127.0.0.1:5000}
api: {listen: 127.0.0.1:8080}
ops: {listen: 127.0.0.1:9090}
YAML
  succeeds "the README's configuration for S3 is one" "$dropship" config check "$work/readme/s3/dropship.yml"
}

its_scheduler_configuration() {   # its_scheduler_configuration BLOCK: checked only; e2e/kubernetes has schedulers that run by such
  mkdir "$work/readme/scheduler"
  touch "$work/readme/scheduler"/{opi.crt,opi.key,cf-ca.crt,registry-ca.crt,scheduler.pw}
  cp "$1" "$work/readme/scheduler/scheduler.yml"
  succeeds "the README's configuration of a scheduler is one" "$dropship" config check "$work/readme/scheduler/scheduler.yml"
}

clone_repository() {   # clone_repository FOLDER: as it is, changes that are not committed included
  local repository; repository=$(dirname "$e2e")
  git -C "$repository" ls-files -z --cached --others --exclude-standard |
    tar --create --directory "$repository" --null --files-from - --ignore-failed-read 2> "$work/log/clone" |
    tar --extract --directory "$1" || give_up "the repository can be copied" "$work/log/clone"
}

fenced_blocks() {   # fenced_blocks FOLDER: one file each, in order, named after its language
  awk -v folder="$1" '
    /^```/ && file { close(file); file = ""; next }
    /^```/ { file = sprintf("%s/%02d.%s", folder, ++number, substr($0, 4)); next }
    file { print > file }'
}

its_two_commands() {   # its_two_commands BLOCK CLONE
  local command
  while IFS= read -r command; do
    case $command in
      "./dropship quickstart "*)
        start_quickstart "$2" "$command"
        follow_printed_commands "Hello from a droplet: profile.d has been read"
        press_ctrl_c "$quickstart_pid"
        quickstart_ends Ctrl-C ;;
      *)
        command=$(sed 's/ *#.*//' <<< "$command")
        is "CI has run what the README says: $command" "$command" "$(grep -xF "$command" "$2/.ci/run")" ;;
    esac
  done < "$1"
}

its_real_rootfs() {   # its_real_rootfs BLOCK CLONE
  local command before; before=$(value_of "root file system")
  while IFS= read -r command; do
    case $command in
      "./dropship quickstart "*)
        start_quickstart "$2" "$command"
        names "it says which root file system it replaces" "$(< "$quickstart_output")" "(before: $before)"
        follow_printed_commands "node app v1"
        press_ctrl_c "$quickstart_pid"
        quickstart_ends Ctrl-C ;;
      *) succeeds "$command" pasted "$2" "$command" ;;
    esac
  done < "$1"
}

its_server_by_hand() {   # its_server_by_hand BLOCK CLONE: sets by_hand_pid
  shell "$2" "$(< "$1")" > "$work/log/server-by-hand" 2>&1 &
  by_hand_pid=$!
  wait_until 60 curl -fs --max-time 5 http://127.0.0.1:9090/readyz ||
    give_up "the server that the README configures is ready" "$work/log/server-by-hand"
  ok "the server that the README configures is ready"
}

its_upload_by_hand() {   # its_upload_by_hand BLOCK FOLDER; ends that server
  local said digest
  said=$(pasted "$2" "$(< "$1")" 2>&1)
  digest=$(awk '$1 == "digest" { print $2 }' <<< "$said")
  names "droplet push prints the reference" "$said" "image     127.0.0.1:5000/cloudfoundry/my-app:$(sha1_of "$2/../my-droplet.tgz")"
  succeeds "the image can be pulled by the digest it prints" timeout 120 skopeo copy --quiet --src-tls-verify=false \
    --src-creds "pull:$(< "$2/pull.pw")" "docker://127.0.0.1:5000/cloudfoundry/my-app@$digest" "dir:$work/skopeo/readme"
  succeeds "config check finds nothing wrong" pasted "$2" "../dropship config check dropship.yml"
  press_ctrl_c "$by_hand_pid"
  await_exit "$by_hand_pid" 15
  matches "Ctrl-C ends the server" '^(0|130)$' "$exit_status"
}

its_containerd_configuration() {   # its_containerd_configuration BLOCK: the names in it lead to a server of ours
  local registry ca folder; registry=$(sed -n 's#^server = "https://\(.*\)"#\1#p' "$1")
  ca=$(sed -n 's/^ *ca = "\(.*\)"/\1/p' "$1")
  folder=/etc/containerd/certs.d/$registry
  names "the README says where this file goes" "$(< "$(dirname "$e2e")/README.md")" "/etc/containerd/certs.d/<host>:<port>/hosts.toml"
  mkdir -p "$folder" && cp "$1" "$folder/hosts.toml" && cp "$work/ca.crt" "$ca"
  { cat /etc/hosts; echo "127.0.0.1 ${registry%:*}"; } > "$work/hosts" && mount --bind "$work/hosts" /etc/hosts
  new_server node << YAML
registry:
  listen: 127.0.0.1:${registry#*:}
  host: $registry
  tls: {certificate: tls.crt, key: tls.key}
  users: [{name: pull, passwordFile: pull.pw, actions: [pull]}]
api:
  listen: 127.0.0.1:8080
  users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]
ops: {listen: 127.0.0.1:9090}
store: {type: local, path: ../newcomer/clone/try/data}
YAML
  start_server node http://127.0.0.1:9090
  succeeds "containerd pulls with the README's hosts.toml" containerd_ctr images pull --hosts-dir /etc/containerd/certs.d \
    --user "$pull_user" "$registry/cloudfoundry/my-app:$(sha1_of "$(droplet node-1)")"
  stop_server node
}
