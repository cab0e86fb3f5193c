# shellcheck shell=bash
# MinIO, servers that keep everything there, what stands between the two, and a balancer before them.

# --- MinIO

start_minio() {   # unless it runs
  ! minio_is_up > /dev/null 2>&1 || return 0
  s3_disk=$work/minio
  mkdir -p "$s3_disk"
  openssl rand -hex 16 | tr -d '\n' > "$work/s3.key"
  MINIO_ROOT_USER=dropship MINIO_ROOT_PASSWORD=$(< "$work/s3.key") MINIO_UPDATE=off \
    "$samples/bin/minio" server --address 127.0.0.1:9000 --console-address 127.0.0.1:9001 --quiet "$s3_disk" \
    > "$work/log/minio" 2>&1 &
  wait_until 30 minio_is_up || give_up "MinIO comes up within 30 s" "$work/log/minio"
}

minio_is_up() { curl -fs --max-time 5 http://127.0.0.1:9000/minio/health/ready; }

s3() {   # s3 METHOD PATH [CURL OPTION...]
  local method=$1 path=$2; shift 2
  curl --silent --show-error --fail --max-time 60 --aws-sigv4 aws:amz:us-east-1:s3 --user "dropship:$(< "$work/s3.key")" --request "$method" \
    "$@" "http://127.0.0.1:9000/$path"
}

make_bucket() { s3 PUT "$1" > "$work/log/s3" 2>&1 || give_up "the bucket $1 is made" "$work/log/s3"; }

keys_in() { find "$s3_disk/$1" -name xl.meta -printf '%P\n' | sed 's,/xl.meta$,,' | sort; }   # keys_in BUCKET: as MinIO has them on its disk

parts_in_s3() { find "$s3_disk/.minio.sys/multipart" -name 'part.*' 2> /dev/null; }   # of uploads that are not complete

part_has_come() { [ -n "$(parts_in_s3)" ]; }

# --- servers

declare -A place=([one]=3 [two]=4 [faulty]=5)   # the last digit of their ports

at() { registry=localhost:500${place[$1]} api=http://127.0.0.1:808${place[$1]} ops=http://127.0.0.1:909${place[$1]}; }   # at NAME

new_s3_server() {   # new_s3_server NAME ENDPOINT
  new_server "$1" << YAML
registry:
  listen: 127.0.0.1:500${place[$1]}
  tls: {certificate: tls.crt, key: tls.key}
  users: [{name: pull, passwordFile: pull.pw, actions: [pull]}]
api:
  listen: 127.0.0.1:808${place[$1]}
  users: [{name: admin, passwordFile: admin.pw, actions: [admin]}]
ops: {listen: 127.0.0.1:909${place[$1]}}
store:
  type: s3
  s3: {endpoint: "$2", bucket: dropship, pathStyle: true, accessKey: dropship, secretKeyFile: ../s3.key}
  droplets: {bucket: cc-droplets}
  scratch: scratch
image: {compression: zstd}
rootfs: {stack: cflinuxfs4}
shutdown: {delay: 2s}
YAML
}

# --- Toxiproxy, between a server and MinIO

start_toxiproxy() {
  "$samples/bin/toxiproxy" -host 127.0.0.1 -port 8474 > "$work/log/toxiproxy" 2>&1 &
  wait_until 30 toxiproxy GET version || give_up "Toxiproxy comes up within 30 s" "$work/log/toxiproxy"
  toxiproxy POST proxies '{"name": "s3", "listen": "127.0.0.1:9002", "upstream": "127.0.0.1:9000"}' > "$work/log/toxic" 2>&1 ||
    give_up "Toxiproxy stands before MinIO" "$work/log/toxic"
}

toxiproxy() { curl -sS --fail --max-time 5 --request "$1" ${3:+--data "$3"} "http://127.0.0.1:8474/$2"; }   # toxiproxy METHOD PATH [JSON]

s3_suffers() {   # s3_suffers TYPE STREAM ATTRIBUTES: from now on
  toxiproxy POST proxies/s3/toxics '{"name": "it", "type": "'"$1"'", "stream": "'"$2"'", "attributes": '"$3"'}' > "$work/log/toxic" 2>&1 ||
    give_up "S3 suffers from $1" "$work/log/toxic"
}

s3_recovers() { toxiproxy DELETE proxies/s3/toxics/it; }
s3_is_away() { toxiproxy POST proxies/s3 '{"enabled": false}' > "$work/log/toxic" 2>&1; }
s3_is_back() { toxiproxy POST proxies/s3 '{"enabled": true}' > "$work/log/toxic" 2>&1; }

# --- a balancer

balance() {   # balance NAME...: sends requests to these servers, in turn; those it has begun stay where they are
  local name folder=$work/balancer
  mkdir -p "$folder"
  {
    echo 'upstream registry { keepalive 8;'
    for name; do echo "server 127.0.0.1:500${place[$name]};"; done
    echo '} upstream api { keepalive 8;'
    for name; do echo "server 127.0.0.1:808${place[$name]};"; done
    echo '}'
  } > "$folder/upstreams"
  if [ -e "$folder/pid" ]; then nginx -c "$folder/nginx.conf" -s reload 2>> "$work/log/nginx"; return; fi
  cat > "$folder/nginx.conf" << NGINX
user root;
worker_processes 1;
pid $folder/pid;
error_log $work/log/nginx;
events {}
http {
  log_format short '\$status \$upstream_addr \$request';
  access_log $work/log/nginx-requests short;
  client_body_temp_path $folder/body;
  proxy_temp_path $folder/proxy;
  fastcgi_temp_path $folder/fastcgi;
  scgi_temp_path $folder/scgi;
  uwsgi_temp_path $folder/uwsgi;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host localhost;
  proxy_request_buffering off;
  proxy_buffering off;
  include $folder/upstreams;
  server {
    listen 127.0.0.1:5009 ssl;
    ssl_certificate $work/tls.crt;
    ssl_certificate_key $work/tls.key;
    location / { proxy_pass https://registry; proxy_next_upstream error timeout; }
  }
  server {
    listen 127.0.0.1:8089;
    location / { proxy_pass http://api; proxy_next_upstream off; }
  }
}
NGINX
  nginx -c "$folder/nginx.conf" -g 'daemon off;' 2>> "$work/log/nginx" &
  wait_until 30 test -s "$folder/pid" || give_up "nginx comes up within 30 s" "$work/log/nginx"
}

# --- requests to it, again and again, with time for others between them

load_goes_on() { [ ! -e "$work/load/enough" ]; }

balanced() {   # balanced WHAT FILE CURL-OPTION...: notes what came of it
  local what=$1 file=$2 status; shift 2
  status=$(curl --silent --max-time 60 --cacert "$work/ca.crt" --output "$file" --write-out '%{http_code}' "$@")
  printf '%s %s, curl: %s\n' "$what" "$status" $? >> "$work/load/requests"
}

keep_pulling() {   # keep_pulling WORKER NAME
  local file=$work/load/$1 digest url; url=https://localhost:5009/v2/$(repository_of "$2")
  while load_goes_on; do
    balanced manifest "$file.json" --user "$pull_user" "$url/manifests/${hash[$2]}"
    for digest in $(layers_of "$file.json"); do
      balanced blob "$file.blob" --user "$pull_user" "$url/blobs/$digest"
      [ "sha256:$(sha256_of "$file.blob")" = "$digest" ] || echo "blob $digest came with other bytes" >> "$work/load/requests"
    done
    sleep 0.5
  done
}

keep_uploading() {   # keep_uploading WORKER NAME: each as another app
  local number=0
  while load_goes_on; do
    balanced upload /dev/null --request PUT --form "bits=@$(droplet "$2")" "http://127.0.0.1:8089/droplets/$1-$((number += 1))/${hash[$2]}"
    sleep 0.5
  done
}
