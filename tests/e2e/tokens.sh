# shellcheck shell=bash
# Tokens that are not what they should be, and how they are made: for users of $app, by the key in $JWT_KEY_FILE
# (use_broker sets it). Sourced in the place of lib.sh.

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
# hmac KEY-FILE < TEXT: of HS256. The key goes through a file that only we can read: arguments are for all to see.
hmac() { python3 -c 'import hashlib, hmac, sys
key = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(hmac.new(key, sys.stdin.buffer.read(), hashlib.sha256).digest())' "$1"; }
# forge HEADER CLAIMS KEY-FILE: a token that says so, signed with HMAC whatever the header claims
forge() {
  local input
  input=$(printf '%s' "$1" | base64url).$(printf '%s' "$2" | base64url)
  printf '%s.%s\n' "$input" "$(printf '%s' "$input" | hmac "$3" | base64url)"
}
# claims USER [JQ]: those of a token of ours, changed
claims() {
  token "$1" | cut -d. -f2 | tr '_-' '/+' | sed -e 's/$/===/' | base64 -di 2> /dev/null | jq -c "${2:-.}"
}

hs256='{"alg":"HS256","typ":"JWT"}'
# Each: what is wrong, and what the log and --show call it. For who sources this:
# shellcheck disable=SC2034
wrong_tokens="none missing
garbage malformed
expired expired
not_yet not_yet
other_aud bad_audience
no_exp bad_claims
twice bad_claims
alg_none bad_algorithm
unsigned bad_signature
other_key bad_signature
changed bad_signature
confused bad_algorithm
confused_said bad_signature
unknown_kid unknown_key"

# wrong_token KIND USER: a token for USER that is wrong in that way
wrong_token() {
  local now public=$work/public.pem
  now=$(date +%s)
  [ -s "$public" ] || openssl genrsa 2048 2> /dev/null | openssl rsa -pubout -out "$public" 2> /dev/null
  [ -s "$work/other.key" ] || head -c 32 /dev/urandom | base64 -w0 > "$work/other.key"
  case $1 in
    none) ;;
    garbage) echo not.a.token ;;
    expired) forge "$hs256" "$(claims "$2" ".exp=$((now - 3600))")" "$JWT_KEY_FILE" ;;
    not_yet) forge "$hs256" "$(claims "$2" ".nbf=$((now + 3600))")" "$JWT_KEY_FILE" ;;
    other_aud) forge "$hs256" "$(claims "$2" '.aud=["other"]')" "$JWT_KEY_FILE" ;;
    no_exp) forge "$hs256" "$(claims "$2" 'del(.exp)')" "$JWT_KEY_FILE" ;;
    twice) forge "$hs256" "$(claims "$2" | sed 's/^{/{"sub":"admin",/')" "$JWT_KEY_FILE" ;;
    alg_none) printf '%s.%s.\n' "$(printf '{"alg":"none"}' | base64url)" "$(claims "$2" | tr -d '\n' | base64url)" ;;
    unsigned) token "$2" | sed 's/\.[^.]*$/./' ;;
    other_key) forge "$hs256" "$(claims "$2")" "$work/other.key" ;;
    changed) printf '%s.%s.%s\n' "$(token "$2" | cut -d. -f1)" \
      "$(claims "$2" '.tiledesk_api_roles="admin"' | tr -d '\n' | base64url)" "$(token "$2" | cut -d. -f3)" ;;
    confused) forge '{"alg":"RS256"}' "$(claims "$2")" "$public" ;;
    confused_said) forge "$hs256" "$(claims "$2")" "$public" ;;
    unknown_kid) forge '{"alg":"HS256","kid":"nobody"}' "$(claims "$2")" "$JWT_KEY_FILE" ;;
    *) die 2 "there is no wrong token '$1'" ;;
  esac
}
