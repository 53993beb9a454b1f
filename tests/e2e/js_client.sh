# shellcheck shell=bash
# The JavaScript client of Chat21's applications, driven by a test: installed, started, told what to do, and what it
# says. Sourced in the place of lib.sh; skips the test where npm has it not. $api, where it is set, is where its calls go.

# The client subscribes to this app's topics, whatever it is told.
app=tilechat
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rc=0
"$root/tests/e2e/client/install" "$build/js_client" 2> "$work/why" || rc=$?
[ $rc != 75 ] || skip_all "$(head -n 1 "$work/why")"
[ $rc = 0 ] || { cat "$work/why" >&2; exit 1; }

# --- clients: each a process, by a name ---

declare -A orders_of events_of process_of
# client NAME: starts one
client() {
  local name=$1 in out
  mkfifo "$work/$name.in" "$work/$name.out"
  node "$root/tests/e2e/client/driver.js" "$build/js_client" < "$work/$name.in" > "$work/$name.out" 2> "$work/$name.err" &
  # shellcheck disable=SC2034 # for who sources this: whom to kill
  process_of[$name]=$!
  pids+=($!)
  exec {in}> "$work/$name.in" {out}< "$work/$name.out"
  orders_of[$name]=$in events_of[$name]=$out
}
# order NAME WORD [MEMBERS]: MEMBERS is JSON, without its brackets
order() { printf '{"do":"%s"%s}\n' "$2" "${3:+,$3}" >&"${orders_of[$1]}"; }
# event NAME KIND [SECONDS]: the next one of that kind; others are passed over. What it says is in $body.
event() {
  local line
  while IFS= read -rt "${3:-10}" -u "${events_of[$1]}" line; do
    [[ $line == "{\"event\":\"$2\""* ]] || continue
    body=$line
    return 0
  done
  body=''
  return 1
}
# enters NAME USER ENDPOINT: a client that is connected and subscribed
enters() {
  client "$1"
  order "$1" connect "\"user\":\"$2\",\"app\":\"$app\",\"endpoint\":\"$3\",\"api\":\"${api:-}\",\"token\":\"$(token "$2")\""
  event "$1" connected
}
# sends NAME TO TEXT [MORE]
sends() { order "$1" send "\"to\":\"$2\",\"text\":\"$3\"${4:+,$4}" && event "$1" sent; }
# says PATH: of the last event
says() { jq -cr "$1" <<< "$body" 2> /dev/null || printf 'not JSON: %s' "$body"; }
# asks NAME METHOD [ARGUMENTS]: calls one of its methods (ARGUMENTS is JSON, without its brackets); what its callback
# is given is in $body: .error (of a call over HTTP: .status and .data) and .value. $asked names all that were.
asked=
asks() {
  asked+=" $2"
  order "$1" ask "\"method\":\"$2\",\"with\":[${3:-}]" && event "$1" answer
}
