# shellcheck shell=bash
# What is taken from npm: pinned versions, known by their digests, into build/ alone. Sourced behind lib.sh. Exit
# code 75: it cannot be had here, and why.

npm_options=(--ignore-scripts --no-audit --no-fund --no-update-notifier --fetch-retries 0 --fetch-timeout 20000)

npm_is_there() {
  local program
  for program in node npm; do
    command -v $program > /dev/null || die 75 "$program is not installed"
  done
}

# npm_says_no LOG: npm failed, as the log says
npm_says_no() { die 75 "npm cannot fetch packages here: $(grep -m 1 -E 'code|error' "$1")"; }

# npm_package NAME VERSION SHA512: its archive as package.tgz in the current folder; the digest is in base64
npm_package() {
  timeout 60 npm pack "${npm_options[@]}" "$1@$2" > npm.log 2>&1 || npm_says_no npm.log
  mv ./*.tgz package.tgz
  [ "$(openssl dgst -sha512 -binary package.tgz | base64 -w 0)" = "$3" ] || die 1 "$1 $2 is not the package it was"
  rm npm.log
}

# npm_folder FROM FOLDER [COMMAND...]: what FROM's package.json and package-lock.json name, in FOLDER, where the command
# then does the rest; nothing where all of it is there
npm_folder() {
  local from=$1 folder=$2 stamp
  stamp=$(cat "$from/package-lock.json" "$0" | sha256sum)
  [ "$(cat "$folder/stamp" 2> /dev/null)" != "$stamp" ] || return 0
  npm_is_there
  rm -rf "$folder"
  mkdir -p "$folder"
  cp "$from/package.json" "$from/package-lock.json" "$folder"
  cd "$folder" || exit
  timeout 100 npm ci "${npm_options[@]}" > npm.log 2>&1 || npm_says_no npm.log
  "${@:3}"
  printf '%s' "$stamp" > stamp
}
