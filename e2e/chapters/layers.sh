# shellcheck shell=bash
# What a pull moves, and what an app then sees.

a_redeploy_moves_only_what_changed() {
  chapter "layers: redeployed, staged again, and another app"
  local name limit=$((64 * 1024)) tree=$work/restaged
  hash[spring-2]=$(sha1_of "$(droplet spring-2)") guid[spring-2]=${guid[spring-1]}
  succeeds "spring-2 is uploaded" client droplet push "${guid[spring-2]}" "${hash[spring-2]}" "$(droplet spring-2)"
  for name in node spring; do
    fetch_manifest "$(repository_of $name-2)" "${hash[$name-2]}" "$work/$name-2.json"
    is "$name-2 has layers for runtime, libraries and app" 3 "$(own_layers "$work/$name-2.json" | wc -l)"
    at_most "$name-2 brings to a node that has $name-1 at most 64 KiB" $limit "$(new_bytes "$work/$name-1.rootfs-1.json" "$work/$name-2.json")"
    at_most "containerd with $name-1 has at most that more after a pull of $name-2" $((limit + 8192)) "$(bytes_of_pull "$name-2")"
  done

  stage_again node-1 "$tree"
  add_droplet node-again "$work/node-again.tgz"
  fetch_manifest "$(repository_of node-again)" "${hash[node-again]}" "$work/node-again.json"
  is "node-1 staged again, in another order and at other times, has the same runtime and libraries" \
    "$(own_layers "$work/node-1.rootfs-1.json" | head -n 2)" "$(own_layers "$work/node-again.json" | head -n 2)"

  rm -r "$tree/app"; mkdir "$tree/app"; echo 'require("http").createServer((q, r) => r.end("other")).listen(process.env.PORT)' > "$tree/app/server.js"
  tar --create --gzip --file "$work/node-other.tgz" --directory "$tree" .
  add_droplet node-other "$work/node-other.tgz"
  fetch_manifest "$(repository_of node-other)" "${hash[node-other]}" "$work/node-other.json"
  is "another app on the same runtime shares its layer, and has no libraries" \
    "$(own_layers "$work/node-1.rootfs-1.json" | head -n 1) 2" "$(own_layers "$work/node-other.json" | head -n 1) $(own_layers "$work/node-other.json" | wc -l)"
  rm -r "$tree"
  conversions_by_uploads=$(conversions)
}

own_layers() { layers_of "$1" | grep -vxFf <(layers_of "$work/static-1.rootfs-1.json" | head -n -1); }   # lowest first

new_bytes() {   # new_bytes MANIFEST OTHER: of the layers of the other that the first has not
  jq -s '(.[0].layers | map(.digest)) as $known | [.[1].layers[] | select(.digest as $d | $known | index($d) | not) | .size] | add // 0' "$1" "$2"
}

at_most() { if [ "$3" -le "$2" ]; then ok "$1 ($3)"; else not_ok "$1" "at most $2" "$3"; fi; }   # at_most SENTENCE LIMIT SEEN

bytes_of_pull() {   # bytes_of_pull NAME: by which what containerd stores grows
  local before; before=$(containerd_bytes)
  containerd_pull "$(reference_of "$1")" > "$work/log/pull-$1" 2>&1 || { echo 999999999; return; }
  echo $(($(containerd_bytes) - before))
}

containerd_bytes() { du --bytes --summarize "$work/containerd/root/io.containerd.content.v1.content/blobs" | cut -f 1; }

stage_again() {   # stage_again NAME FOLDER: the same content in FOLDER, and as a droplet of another order and other times
  mkdir "$2"
  tar --extract --preserve-permissions --file "$(droplet "$1")" --directory "$2"
  find "$2" -exec touch --no-dereference --date '2025-05-05 05:05:05' {} +
  (cd "$2" && find . -mindepth 1 -print0 | sort -z --reverse) |
    tar --create --gzip --file "$work/node-again.tgz" --directory "$2" --no-recursion --null --files-from - --format=pax
}

add_droplet() {   # add_droplet NAME FILE: uploads it
  hash[$1]=$(sha1_of "$2") guid[$1]=$1
  succeeds "$1 is uploaded" client droplet push "${guid[$1]}" "${hash[$1]}" "$2"
}

split_or_not_an_app_sees_its_droplet() {
  chapter "layers: what an app sees"
  local name seen registry_of_one=127.0.0.1:5002
  new_server unsplit << YAML
registry: {listen: "$registry_of_one"}
api: {listen: "127.0.0.1:8082", users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]}
ops: {listen: "127.0.0.1:9092"}
store: {type: local, path: data}
image: {split: false}
rootfs: {stack: cflinuxfs4}
YAML
  start_server unsplit http://127.0.0.1:9092
  succeeds "a server of unsplit images has a root file system" timeout 120 "$dropship" rootfs import --server http://127.0.0.1:8082 \
    --user admin --password-file "$work/admin.pw" cflinuxfs4 1 "$samples/rootfs-1.tar" --activate
  for name in node-1 spring-1 static-1; do
    http PUT "http://127.0.0.1:8082/droplets/${guid[$name]}/${hash[$name]}" --form "bits=@$(droplet "$name")"
    tree_of_droplet "$(droplet "$name")" > "$work/$name.tree"
    for seen in containerd podman; do
      is "$name in $seen is the tree of its droplet" "" "$("${seen}_tree" "$(reference_of "$name")" | diff "$work/$name.tree" - 2>&1 | head -n 10)"
    done
    containerd_ctr images pull --plain-http --hosts-dir /nowhere "$registry_of_one/$(repository_of "$name"):${hash[$name]}" > "$work/log/pull-unsplit" 2>&1
    is "the same is in an unsplit image of it" "" "$(containerd_tree "$registry_of_one/$(repository_of "$name"):${hash[$name]}" | diff "$work/$name.tree" - 2>&1 | head -n 10)"
  done
  stop_server unsplit
}

tree_of() {   # tree_of FOLDER: names, types, modes, owners, links and content
  # How many names a directory has is the file system's affair.
  (cd "$1" && { find . -mindepth 1 -type d -printf '%p %y %m %U:%G\n'; find . ! -type d -printf '%p %y %m %U:%G %n %l\n'; } | sort &&
    find . -type f -exec sha256sum {} + | sort -k 2)
}

tree_of_droplet() {   # tree_of_droplet FILE: as the app's user would unpack it at home
  local folder=$work/unpacked
  mkdir "$folder"
  tar --extract --preserve-permissions --file "$samples/rootfs-1.tar" --directory "$folder" ./home/vcap
  tar --extract --preserve-permissions --file "$1" --directory "$folder/home/vcap"
  chown -R --no-dereference 2000:2000 "$folder"
  tree_of "$folder/home/vcap"
  rm -r "$folder"
}

containerd_tree() {   # containerd_tree REFERENCE
  mkdir -p "$work/mounted"
  containerd_ctr images mount "$1" "$work/mounted" > /dev/null || return
  tree_of "$work/mounted/home/vcap"
  containerd_ctr images unmount --rm "$work/mounted" > /dev/null
}

podman_tree() {
  local mounted; mounted=$(podman_ image mount "$1") || return
  tree_of "$mounted/home/vcap"
  podman_ image unmount "$1" > /dev/null
}
