# shellcheck shell=bash
# Requests by curl. Each sets $status and leaves the answer's headers and body in these files:
headers='' body=''

http() {   # http METHOD URL [CURL OPTION...]
  local method=$1 url=$2 options; shift 2
  headers=$work/answer/headers body=$work/answer/body
  : > "$headers"; : > "$body"
  options=(--silent --show-error --max-time 120 --cacert "$work/ca.crt" --dump-header "$headers" --write-out '%{http_code}')
  if [ "$method" = HEAD ]; then options+=(--head --output /dev/null); else options+=(--request "$method" --output "$body"); fi
  status=$(curl "${options[@]}" "$@" "$url" 2> "$work/log/curl") || status="$status ($(tail -n 1 "$work/log/curl"))"
}

registry() { local method=$1 path=$2; shift 2; http "$method" "https://$registry/v2/$path" --user "$pull_user" "$@"; }

header() {   # header NAME: its value in the last answer
  tr -d '\r' < "$headers" | awk -v name="${1,,}" '
    /^HTTP\// { value = "" }
    { colon = index($0, ":"); if (colon && tolower(substr($0, 1, colon - 1)) == name) value = substr($0, colon + 2) }
    END { print value }'
}

error() { printf '%s %s' "$status" "$(jq -r '.errors[0].code' "$body" 2> /dev/null)"; }   # such as: 404 MANIFEST_UNKNOWN

sha256_of() { sha256sum "$1" | cut -d ' ' -f 1; }
sha1_of() { sha1sum "$1" | cut -d ' ' -f 1; }

digest_of() {   # digest_of REPOSITORY REFERENCE
  registry HEAD "$1/manifests/$2"
  header docker-content-digest
}

fetch_manifest() {   # fetch_manifest REPOSITORY REFERENCE FILE
  registry GET "$1/manifests/$2"
  cp "$body" "$3"
}

layers_of() { jq -r '.layers[].digest' "$1"; }
