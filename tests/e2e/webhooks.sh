# shellcheck shell=bash
# What the tests of webhooks share: endpoints that do as they are told (tests/e2e/endpoint), and questions about
# what they got. Sourced in the place of lib.sh.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

hooks=$work/hooks
secret=0123456789abcdef0123456789abcdef
mkdir "$hooks"
# endpoint_start [PORT]: $port answers; its process is $endpoint
endpoint_start() {
  rm -f "$hooks/port"
  "$root/tests/e2e/endpoint" "$hooks" "$@" &
  endpoint=$!
  pids+=("$endpoint")
  wait_until 10 test -f "$hooks/port"
  port=$(cat "$hooks/port")
}
# mode NAME WORDS...: how http://127.0.0.1:$port/NAME answers from now on
mode() {
  printf '%s\n' "${*:2}" > "$hooks/$1.new"
  mv "$hooks/$1.new" "$hooks/$1.mode"
}
# hooked EVENTS NAMES... [NAME=VALUE...]: the server, with these endpoints; each has ?key=… in its URL, and $login
hooked() {
  local urls=() settings=() word
  for word in "${@:2}"; do
    if [[ $word == *=* ]]; then settings+=("$word"); else urls+=("${scheme:-http}://${login:-}127.0.0.1:$port/$word?key=k1"); fi
  done
  server_start WEBHOOK_ENABLED=true WEBHOOK_ENDPOINTS="$(IFS=,; echo "${urls[*]}")" WEBHOOK_EVENTS="$1" \
    CHAT21D_WEBHOOK_PRIVATE=yes CHAT21D_WEBHOOK_SECRET="$secret" CHAT21D_WEBHOOK_RETRY_MS=20 "${settings[@]}"
}
got() { if [ -f "$hooks/$1.log" ]; then wc -l < "$hooks/$1.log"; else echo 0; fi; }
has_got() { [ "$(got "$1")" -ge "$2" ]; }
# await NAME COUNT: until it was asked so often
await() { wait_until 20 has_got "$1" "$2"; }
# asked NAME JQ: of each time that it was asked (.path, .try, .headers, .body, .mode); .event is the body as JSON
asked() { jq -cr ".event = (.body | fromjson) | $2" "$hooks/$1.log"; }
events() { "$build/chat21d" webhooks list --json "$@"; }
has_events() { [ "$(events "${@:2}" | wc -l)" = "$1" ]; } # COUNT [--dead]
await_events() { wait_until 20 has_events "$@"; }
status() { "$build/chat21d" status --json | jq -cr "$1"; }
has_status() { [ "$(status "$1")" = "$2" ]; }
# command WORDS...: of chat21d; $output, $code
# shellcheck disable=SC2034 # the tests look at them
command() {
  code=0
  output=$(timeout 20 "$build/chat21d" "$@" 2>&1) || code=$?
}
