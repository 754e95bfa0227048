# For test scripts: counts checks. Source it, call `check`, and end with `finish`.
# shellcheck source=tests/compile_once.sh
source "$(dirname "${BASH_SOURCE[0]}")/../compile_once.sh"
passed=0
failed=0

# check NAME COMMAND...: the command succeeds; otherwise shows what it said
check() {
  local name=$1 log
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    sed 's/^/    /' "$log"
  fi
  rm -f "$log"
}

# refuses STATUS TEXT COMMAND...: the command ends with that status and says so
refuses() {
  local status=$1 text=$2 ended=0 said
  shift 2
  said=$("$@" 2>&1) || ended=$?
  [ "$ended" = "$status" ] || { printf 'status %s, expected %s\n%s\n' "$ended" "$status" "$said"; return 1; }
  [[ $said == *"$text"* ]] || { printf 'does not say: %s\n%s\n' "$text" "$said"; return 1; }
}

# finish: the line that tests/run.sh counts, and the status
finish() {
  echo "$passed passed, $failed failed"
  [ $failed = 0 ]
}
