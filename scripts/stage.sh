# shellcheck shell=bash
# A stage: a real broker, a server of its own with data, policies, app and queues of its own, users with
# tokens and inboxes. For the end-to-end tests and the demo. Sourced when `name` is set; who sources it calls
# stage_end when it ends, however it ends.
#
# E2E_BROKER names the folder of a running broker to share; without it own_broker starts one.

# shellcheck source=scripts/lib.sh
[ -n "${root:-}" ] || . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
build=$(cd "${BUILD:-$root/build}" && pwd)
tool=$build/e2e/amqp_tool
app=${app:-${name//_/-}} # so that several on one broker do not hear each other
work=$(mktemp -d "${TMPDIR:-/tmp}/chat21-$name.XXXXXX")
log=$work/server.log
: > "$log"
: "$tool" # used by the tests
unset JWT_KEY # the broker makes its own
export METRICS_PORT=none PORT=none # the defaults may be another server's

pids=() # to be ended too
stage_end() {
  set +e # all of it, whatever fails
  local pid
  server_stop
  for pid in "${pids[@]}"; do end "$pid" 5; done
  [ -n "${E2E_BROKER:-}" ] || [ ! -d "$work/broker" ] || "$root/scripts/broker" reset > /dev/null
  rm -rf "${work:?}"
}

# --- the broker and the server ---

own_broker() {
  unset E2E_BROKER
  temporary_broker "$work/broker"
}
# Shares a broker or starts one, and reads how to reach it.
use_broker() {
  local settings
  if [ -z "${E2E_BROKER:-}" ] && [ ! -d "$work/broker" ]; then
    own_broker > "$work/broker.out" 2>&1 || { cat "$work/broker.out" >&2; exit 1; }
  fi
  export BROKER_DIR=${E2E_BROKER:-$work/broker}
  settings=$("$root/scripts/broker" env)
  eval "$settings"
}

server=''
# server_run [NAME=VALUE]...: starts the server, and does not wait.
server_run() {
  mkdir -p "$work/data"
  [ -d "$work/policies" ] || cp -r "$root/policies" "$work/policies"
  log_mark
  env APP_ID="$app" CHAT21D_DATA="$work/data" CHAT21D_POLICIES="$work/policies" \
    CHAT21D_STREAM="$name.intake" CHAT21D_LEASE="$name.lease" CHAT21D_DEAD_QUEUE="$name.dead" \
    CHAT21D_DRAIN_QUEUE="$name.messages" CHAT21D_PERSIST_QUEUE="$name.persist" CHAT21D_WEBHOOKS_QUEUE="$name.webhooks" \
    CHAT21D_SYNC=normal "$@" "$build/chat21d" run >> "$log" 2>&1 &
  server=$!
}
# server_start [NAME=VALUE]...: the same, until it serves.
server_start() {
  server_run "$@"
  wait_log 'event=broker state=open' 20 || { warn "the server does not serve"; exit 1; }
}
# Its exit code is $stopped_with.
# shellcheck disable=SC2034
server_stop() {
  stopped_with=0
  [ -n "$server" ] || return 0
  kill -TERM "$server" 2> /dev/null || :
  wait_until 10 is_gone "$server" || kill -KILL "$server"
  wait "$server" || stopped_with=$?
  server=''
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
publish_nothing() { as_user "$1" timeout 10 mosquitto_pub -q 1 -t "$2" -n; }

declare -A inbox
# listen USER [TOPIC]: subscribes, and waits until the broker says that it did
listen() {
  local user=$1 topic=${2:-apps/$app/users/$1/#} fd line=''
  exec {fd}< <(XDG_CONFIG_HOME="$work/users/$user" exec stdbuf -oL mosquitto_sub -d -q 1 -t "$topic" -F '%t %p')
  pids+=($!)
  inbox[$user]=$fd
  until [[ $line == Subscribed* ]]; do
    read -rt 10 -u "$fd" line || { warn "$user cannot subscribe to $topic"; return 1; }
  done
}
# may_subscribe USER TOPIC: a refusal is a connection that the broker closes, and the client makes anew
may_subscribe() {
  local line connects=0
  while read -r line; do
    [[ $line != Subscribed* ]] || return 0
    [[ $line != *'sending CONNECT' ]] || connects=$((connects + 1))
    [ $connects -lt 2 ] || return 1
  done < <(as_user "$1" exec timeout 5 stdbuf -oL mosquitto_sub -d -t "$2" 2>&1)
  return 1
}
# next USER [SECONDS]: the next message in an inbox: $topic, $body. 1: none came. Two kinds are passed over:
# what the user wrote below paths that this user also reads, and copies that come again after a crash,
# under the id that they had the first time (those are counted: $repeated).
declare -A seen
repeated=0
next() {
  local line copy
  topic='' body=''
  while read -rt "${2:-10}" -u "${inbox[$1]}" line; do
    [[ $line == apps/* || $line == /apps/* ]] || continue # what -d says
    [[ ${line%% *} != */@(outgoing|update|archive|presence/*) ]] || continue
    if [[ ${line%% *} == */clientadded && $line =~ \"message_id\":\"([^\"]+)\" ]]; then
      copy="$1 ${line%% *} ${BASH_REMATCH[1]} ${line##*\"status\":}"
      if [ -n "${seen[$copy]:-}" ]; then
        repeated=$((repeated + 1))
        continue
      fi
      seen[$copy]=yes
    fi
    topic=${line%% *} body=${line#* }
    return 0
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
