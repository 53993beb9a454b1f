# shellcheck shell=bash
# Sourced by each end-to-end test. Gives it a real broker, a server of its own with data, policies,
# app and queues of its own, users with tokens, and words to say what it expects. Ends all of it when
# the test ends, however it ends.
#
# E2E_BROKER names the folder of a running broker to share (scripts/test sets it); without it the
# test starts one. KEEP=1 keeps the folder of a test that failed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
cd "$root"
build=$(cd "${BUILD:-build}" && pwd)
tool=$build/e2e/amqp_tool

: "$tool" # used by the tests

name=${0##*/}
app=${name//_/-} # so that tests on one broker do not hear each other
work=$(mktemp -d "${TMPDIR:-/tmp}/chat21-$name.XXXXXX")
log=$work/server.log
: > "$log"

# --- what is claimed: TAP ---

claims=0 failures=0
ok() {
  claims=$((claims + 1))
  say "ok $claims - $*"
}
not_ok() { # WORDS [DETAILS]
  claims=$((claims + 1)) failures=$((failures + 1))
  say "not ok $claims - $1"
  [ -z "${2:-}" ] || printf '# %s\n' "${2//$'\n'/$'\n'# }"
}
# claim WORDS COMMAND...: the command succeeds
claim() {
  local words=$1 output
  shift
  if output=$("$@" 2>&1); then ok "$words"; else not_ok "$words" "failed: $*"$'\n'"${output:0:2000}"; fi
}
refute() { # the command fails
  local words=$1 output
  shift
  if output=$("$@" 2>&1); then not_ok "$words" "succeeded: $*"$'\n'"${output:0:2000}"; else ok "$words"; fi
}
is() { # GOT RIGHT WORDS
  if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3" "got:   ${1:0:1000}"$'\n'"right: ${2:0:1000}"; fi
}
like() { # GOT PATTERN WORDS
  if [[ $1 =~ $2 ]]; then ok "$3"; else not_ok "$3" "got: ${1:0:1000}"$'\n'"has no: $2"; fi
}
# The last line of each test: it came to its end.
finish() { is_finished=yes; }

# --- processes ---

pids=()
at_end() {
  local code=$?
  trap - EXIT
  set +e
  [ -n "${is_finished:-}" ] || not_ok "the test comes to its end (exit code $code)"
  say "1..$claims"
  if [ $failures -gt 0 ]; then
    code=1
    { say "--- the end of the server's log"; tail -n 25 "$log"; } >&2
  fi
  server_stop > /dev/null
  for pid in "${pids[@]}"; do end "$pid" 5; done
  [ -n "${E2E_BROKER:-}" ] || [ ! -d "$work/broker" ] || scripts/broker reset > /dev/null
  if [ $failures -gt 0 ] && [ -n "${KEEP:-}" ]; then say "# kept: $work"; else rm -rf "$work"; fi
  exit "$code"
}
trap at_end EXIT
trap 'exit 130' INT TERM

# A test without a broker to share starts one; it may also kill and restart it.
own_broker() {
  unset E2E_BROKER
  temporary_broker "$work/broker" > "$work/broker.out" 2>&1 || { cat "$work/broker.out" >&2; exit 1; }
}
use_broker() {
  if [ -n "${E2E_BROKER:-}" ]; then export BROKER_DIR=$E2E_BROKER; else own_broker; fi
  eval "$(scripts/broker env)"
}

server=''
# server_run [NAME=VALUE]...: starts the server, and does not wait.
server_run() {
  mkdir -p "$work/data"
  [ -d "$work/policies" ] || cp -r policies "$work/policies"
  log_mark
  env APP_ID="$app" CHAT21D_DATA="$work/data" CHAT21D_POLICIES="$work/policies" \
    CHAT21D_STREAM="$name.intake" CHAT21D_LEASE="$name.lease" CHAT21D_DEAD_QUEUE="$name.dead" \
    CHAT21D_DRAIN_QUEUE="$name.messages" CHAT21D_SYNC=normal "$@" "$build/chat21d" run >> "$log" 2>&1 &
  server=$!
}
# server_start [NAME=VALUE]...: the same, until it serves.
server_start() {
  server_run "$@"
  wait_log 'event=broker state=open' 20 || { warn "the server does not serve"; exit 1; }
}
# Says its exit code.
server_stop() {
  local code=0
  [ -n "$server" ] || return 0
  kill -TERM "$server" 2> /dev/null || :
  wait_until 10 is_gone "$server" || kill -KILL "$server"
  wait "$server" || code=$?
  server=''
  say "$code"
}
worker() { children "$server" | head -n 1; }

# --- its log ---

# From here on: what wait_log has not seen yet.
log_mark() { mark=$(($(wc -l < "$log") + 1)); }
# wait_log PATTERN [SECONDS]: until a line says so; the line is $REPLY.
wait_log() {
  REPLY=$(grep -m 1 -E -- "$1" < <(exec timeout "${2:-10}" tail -n +"$mark" -s 0.1 -f "$log"))
}
log_has() { grep -qE -- "$1" "$log"; }

# --- users on MQTT ---

token() { "$build/chat21d" token --key-file "$JWT_KEY_FILE" --app "$app" "$@"; }
# users NAME...: gives each a token
users() {
  local user
  for user; do token "$user" | mqtt_login "$work/users/$user"; done
}
as_user() { # NAME COMMAND...
  local user=$1
  shift
  XDG_CONFIG_HOME="$work/users/$user" "$@"
}
# publish USER TOPIC < BODY: at QoS 1, until the broker has it
publish() { as_user "$1" timeout 10 mosquitto_pub -q 1 -t "$2" -s; }

declare -A inbox
# listen USER [TOPIC]: subscribes, and waits until the broker says that it did
listen() {
  local user=$1 topic=${2:-apps/$app/users/$1/#} fd line=''
  exec {fd}< <(XDG_CONFIG_HOME="$work/users/$user" exec mosquitto_sub -d -q 1 -t "$topic" -F '%t %p')
  pids+=($!)
  inbox[$user]=$fd
  until [[ $line == Subscribed* ]]; do
    read -rt 10 -u "$fd" line || { warn "$user cannot subscribe to $topic"; return 1; }
  done
}
# next USER [SECONDS]: the next message in an inbox: $topic, $body. 1: none came.
next() {
  local line
  topic='' body=''
  while read -rt "${2:-10}" -u "${inbox[$1]}" line; do
    if [[ $line == apps/* || $line == /apps/* ]]; then
      topic=${line%% *} body=${line#* }
      return 0
    fi
  done
  return 1
}
# field PATH: of the last message; strings bare, all else as JSON
field() { jq -cr "$1" <<< "$body" 2> /dev/null || printf 'not JSON'; }

# text_message TEXT [MORE]: a body as clients send it; MORE is JSON members, each with a comma before
text_message() {
  printf '{"text":%s,"type":"text","recipient_fullname":"Somebody","sender_fullname":"Someone","attributes":{"lang":"en"},"metadata":null,"channel_type":"direct"%s}' "$(jq -Rs . <<< "$1" | sed 's/\\n"$/"/')" "${2:-}"
}
outbox() { printf 'apps/%s/outgoing/users/%s/messages/%s/outgoing' "$app" "$1" "$2"; }
# message SENDER RECIPIENT TEXT [MORE]
message() { text_message "$3" "${4:-}" | publish "$1" "$(outbox "$1" "$2")"; }
# passes SENDER RECIPIENT TEXT: a message gets through, as the next one that the recipient has
passes() {
  message "$1" "$2" "$3"
  next "$2"
  [ "$(field .text)" = "$3" ] && [ "$(field .status)" = 150 ]
}
