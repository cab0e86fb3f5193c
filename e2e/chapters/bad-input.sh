# shellcheck shell=bash

bad_input_is_refused() {
  chapter "bad input"
  local whole; whole=$(droplet node-1)

  http PUT "$api/droplets/bad-1/cut" --header "Content-Type: multipart/form-data; boundary=limit" --data-binary @<(cut_multipart "$whole")
  is "a multipart body without its end is 400" 400 "$status"
  is_not_stored bad-1/cut

  broken_upload /droplets/bad-2/broken "$whole"
  sleep 1
  is_not_stored bad-2/broken

  for digest in "" "sha256" "sha256=" "md5=abc" "sha256=a=b"; do
    http PUT "$api/droplets/bad-3" --header "Digest: $digest" --header "Content-Type: application/octet-stream" --data-binary droplet
    is "a raw upload with Digest header '$digest' is 400" 400 "$status"
  done

  echo "not a droplet" > "$work/text"
  is_unsuitable text "$work/text" . "not gzip"
  head -c 1000000 "$whole" > "$work/half.tgz"
  is_unsuitable half "$work/half.tgz" . "half a droplet"
  tar --create --gzip --file "$work/climbing.tgz" --absolute-names --transform 's,^.*,../../etc/passwd,' "$work/text"
  is_unsuitable climbing "$work/climbing.tgz" "\.\./\.\./etc/passwd" "an entry climbs out"
}

cut_multipart() {   # cut_multipart FILE: the start of a form with boundary `limit`, and the start of FILE in it
  printf -- '--limit\r\nContent-Disposition: form-data; name="droplet"; filename="droplet.tgz"\r\nContent-Type: application/octet-stream\r\n\r\n'
  head -c 1000000 "$1"
}

broken_upload() {   # broken_upload PATH FILE: promises 2 MB, sends one and hangs up
  local address=${api#http://} connection
  exec {connection}<> "/dev/tcp/${address%:*}/${address#*:}"
  {
    printf 'PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Type: multipart/form-data; boundary=limit\r\nContent-Length: 2000000\r\n\r\n' "$1" "$address"
    cut_multipart "$2"
  } >&"$connection"
  exec {connection}>&-
}

is_not_stored() {   # is_not_stored ID
  http GET "$api/droplets/$1"
  is "droplet $1 is not stored" 404 "$status"
}

is_unsuitable() {   # is_unsuitable HASH FILE REASON WHAT: taken, as it was sent whole, but never an image
  http PUT "$api/droplets/unsuitable/$1" --form "droplet=@$2"
  is "uploading a file unfit for an image ($4) is 201" 201 "$status"
  registry GET "cloudfoundry/unsuitable/manifests/$1"
  is "its manifest ($4) is DENIED" "403 DENIED" "$(error)"
  matches "that answer ($4) has the reason" "$3" "$(jq -r '.errors[0].message // ""' "$body")"
  registry HEAD "cloudfoundry/unsuitable/manifests/$1"
  is "HEAD of its manifest ($4) is 403" 403 "$status"
}

a_droplet_over_the_limit_is_refused() {   # of the gzip server
  truncate -s 101M "$work/large.tgz"
  http PUT "$api/droplets/large/form" --form "droplet=@$work/large.tgz"
  is "a form larger than limits.droplets is 413" 413 "$status"
  http PUT "$api/droplets/large" --header "Digest: sha256=raw" --header "Expect:" --upload-file "$work/large.tgz"
  is "a raw body larger than limits.droplets is 413, to a client that sends all of it first" 413 "$status"
  is_not_stored large/form
  is_not_stored large/raw
}
