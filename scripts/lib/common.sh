# shellcheck shell=bash
# Helpers shared by the scripts in this folder. Works with bash 3.2 (macOS).

say() {
  printf '%s\n' "$*" >&2
}

# die MESSAGE [REMEDY]
die() {
  say "error: $1"
  [ $# -lt 2 ] || say "  next: $2"
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

# wait_until SECONDS COMMAND... : status 1 if COMMAND never succeeded in time.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

# bounded SECONDS COMMAND... : macOS has no timeout(1), but always perl.
bounded() {
  if have timeout; then
    timeout "$@"
  else
    perl -e 'alarm shift; exec @ARGV or exit 127' "$@"
  fi
}

# debian_mirror : prints the address apt takes Debian from on this machine.
debian_mirror() {
  # shellcheck disable=SC2016 # apt's fields, not the shell's
  apt-get indextargets 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
    'Component: main' --format '$(REPO_URI)' 2>/dev/null | sed -n 1p | grep .
}

# engine_builder : prints the name of the builder that is the engine itself.
engine_builder() {
  docker context show 2>/dev/null || echo default
}
