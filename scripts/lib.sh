# shellcheck shell=bash
# What the scripts share. Sourced, never run; says nothing by itself.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
me=${0##*/}

bold='' dim='' red='' green='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
fi
# Not every script uses every colour.
: "$bold$dim$red$green$plain"

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "$me" "$*" >&2; }

# die CODE WORDS...
die() {
  local code=$1
  shift
  warn "$*"
  exit "$code"
}

# Milliseconds of the clock, to measure with.
now_ms() { printf '%s' "$((${EPOCHREALTIME//[.,]/} / 1000))"; }
# seconds_since MS: as "1.2"
seconds_since() {
  local ms=$(($(now_ms) - $1))
  printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

# Waits a moment without a process of its own (a read that nobody answers); only for polling what has
# no event to wait for.
moment() {
  [ -n "${silence:-}" ] || exec {silence}<> <(:)
  read -rt 0.05 -u "$silence" || :
}

# wait_until SECONDS COMMAND...: polls until the command succeeds. 1: it did not in that time.
wait_until() {
  local end=$(($(now_ms) + $1 * 1000))
  shift
  until "$@"; do
    [ "$(now_ms)" -lt "$end" ] || return 1
    moment
  done
}

port_answers() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

port_is_free() { ! port_answers "$1"; }

# free_ports N: as many different ports that nobody listens on, below the range of outgoing ones.
free_ports() {
  local found=() port
  while [ ${#found[@]} -lt "$1" ]; do
    port=$((20000 + RANDOM % 12000))
    [[ " ${found[*]} " != *" $port "* ]] && port_is_free "$port" && found+=("$port")
  done
  printf '%s\n' "${found[*]}"
}

# A zombie is not alive: it waits for its parent, which may be slow.
is_alive() {
  local stat
  [ -n "$1" ] && read -r stat 2> /dev/null < "/proc/$1/stat" && [[ ${stat##*)} != ' Z'* ]]
}
is_gone() { ! is_alive "$1"; }

# children PID: the processes it started, one a line.
children() { tr ' ' '\n' 2> /dev/null < "/proc/$1/task/$1/children" | sed '/^$/d'; }

# end PID SECONDS: SIGTERM, and after that time SIGKILL. 1: SIGKILL was needed.
end() {
  is_alive "$1" || return 0
  kill -TERM "$1" 2> /dev/null || :
  wait_until "$2" is_gone "$1" && return
  kill -KILL "$1" 2> /dev/null || :
  wait_until 5 is_gone "$1" || :
  return 1
}

# Writes standard input to FILE, which only its owner can read, in one step.
keep_secret() {
  (umask 077 && cat > "$1.new" && mv "$1.new" "$1")
}

# temporary_broker DIR: starts a broker in DIR on ports that are free, for this process and those it
# starts; `scripts/broker reset` ends it.
temporary_broker() {
  export BROKER_DIR=$1 AMQP_PORT MQTT_PORT WEB_MQTT_PORT DIST_PORT EPMD_PORT
  read -r AMQP_PORT MQTT_PORT WEB_MQTT_PORT DIST_PORT EPMD_PORT <<< "$(free_ports 5)"
  "$root/scripts/broker" start
}

# mqtt_login DIR: with the token on standard input, writes what mosquitto's clients read where
# XDG_CONFIG_HOME is DIR: an argument could be seen by every process of the machine.
mqtt_login() {
  local token
  mkdir -p "$1"
  read -r token
  printf -- '-h 127.0.0.1\n-p %s\n-u JWT\n--pw %s\n' "$MQTT_PORT" "$token" | keep_secret "$1/mosquitto_pub"
  cp -p "$1/mosquitto_pub" "$1/mosquitto_sub"
}
