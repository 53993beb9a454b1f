# shellcheck shell=bash
# Sourced by each end-to-end test: a stage of its own (scripts/stage.sh), and words to say what it
# expects. Ends all of it when the test ends, however it ends. KEEP=1 keeps what one that failed leaves, in /tmp/NAME.kept.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
cd "$root"
name=${0##*/}
# shellcheck source=scripts/stage.sh
. scripts/stage.sh

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
  if "${@:2}" > "$work/said" 2>&1; then ok "$1"; else not_ok "$1" "failed: ${*:2}"$'\n'"$(head -c 2000 "$work/said")"; fi
}
refute() { # the command fails
  if "${@:2}" > "$work/said" 2>&1; then not_ok "$1" "succeeded: ${*:2}"$'\n'"$(head -c 2000 "$work/said")"; else ok "$1"; fi
}
is() { # GOT RIGHT WORDS
  if [ "$1" = "$2" ]; then ok "$3"; else not_ok "$3" "got:   ${1:0:1000}"$'\n'"right: ${2:0:1000}"; fi
}
like() { # GOT PATTERN WORDS
  if [[ $1 =~ $2 ]]; then ok "$3"; else not_ok "$3" "got: ${1:0:1000}"$'\n'"has no: $2"; fi
}
# The last line of each test: it came to its end.
finish() { is_finished=yes; }
# skip_all WORDS: the test cannot be run here. Ends it.
skip_all() {
  is_finished=yes skipped="$*"
  exit 0
}

# --- the end ---

at_end() {
  local code=$?
  trap - EXIT
  [ -n "${is_finished:-}" ] || not_ok "the test comes to its end (exit code $code)"
  say "1..$claims${skipped:+ # SKIP $skipped}"
  if [ $failures -gt 0 ]; then
    code=1
    { say "--- the end of the server's log"; tail -n 25 "$log"; } >&2
  fi
  [ $failures = 0 ] || [ -z "${KEEP:-}" ] || cp -r "$work" "${TMPDIR:-/tmp}/$name.kept"
  stage_end
  exit "$code"
}
trap at_end EXIT
trap 'exit 130' INT TERM
