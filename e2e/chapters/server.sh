# shellcheck shell=bash

the_program_explains_itself() {
  chapter "the program"
  matches "dropship version prints a version" '[0-9]+\.[0-9]+' "$(timeout 60 "$dropship" version 2>&1)"

  local said exit_status begin=$SECONDS
  mkdir "$work/mistaken"
  cat > "$work/mistaken/dropship.yml" << 'YAML'
registry:
  listen: nowhere
  tls: {certificate: no-such-file.crt, key: no-such-file.key}
store: {type: tape}
image: {compresion: zstd}
rootfs: {stack: cflinuxfs4, retention: soon}
limits: {droplets: plenty}
YAML
  said=$(timeout 30 "$dropship" serve --config "$work/mistaken/dropship.yml" 2>&1); exit_status=$?
  is "serve refuses a configuration full of mistakes, at once" "refused, in time" \
    "$([ $exit_status = 0 ] && echo accepted || echo refused), $([ $((SECONDS - begin)) -lt 15 ] && echo in time || echo late)"
  names "serve names every mistake in it" "$said" \
    registry.listen registry.tls.certificate registry.tls.key store.type compresion rootfs.retention limits.droplets
}

a_server_starts() {
  chapter "a server with TLS, passwords and zstd layers"
  registry=localhost:5000 api=http://127.0.0.1:8080 ops=http://127.0.0.1:9090
  new_server zstd << 'YAML'
registry:
  listen: 127.0.0.1:5000
  tls: {certificate: tls.crt, key: tls.key}
  users: [{name: pull, passwordFile: pull.pw, actions: [pull]}]
api:
  listen: 127.0.0.1:8080
  users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]
ops: {listen: 127.0.0.1:9090}
store: {type: local, path: data}
image: {compression: zstd}
rootfs: {stack: cflinuxfs4}
YAML
  start_server zstd "$ops"
}
