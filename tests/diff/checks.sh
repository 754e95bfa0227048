# For test scripts: counts checks. Source it, call `check`, and end with `finish`.
# shellcheck source=tests/compile_once.sh
source "$(dirname "${BASH_SOURCE[0]}")/../compile_once.sh"
passed=0
failed=0

# A check that takes longer is ended, with all that it has started and not left, and has failed.
check_seconds=${TDC_CHECK_SECONDS:-600}
# end_all PROCESS: it and its children, none of which starts another one meanwhile
end_all() {
  local child
  kill -STOP "$1"
  for child in $(pgrep -P "$1"); do end_all "$child"; done
  kill -KILL "$1"
}
# watch: reads `PROCESS LOG` when a check begins and a line when it has ended
watch() {
  local process log
  while read -r process log; do
    read -rt "$check_seconds" || [ $? -le 128 ] || { echo "no end after $check_seconds s" >>"$log"; end_all "$process" || true; read -r; }
  done
}
# No child of this shell, whose `wait` may be for all of them.
watched_pipe=$(mktemp -u)
mkfifo "$watched_pipe"
(watch <"$watched_pipe" >/dev/null 2>&1 &)
exec {watched}>"$watched_pipe"
rm "$watched_pipe"

# check NAME COMMAND...: the command, in a shell of its own, succeeds; otherwise shows what it said
check() {
  local name=$1 log
  shift
  log=$(mktemp)
  if { (echo "$BASHPID $log" >&"$watched"; exec {watched}>&-; "$@") >>"$log" 2>&1; } 2>/dev/null; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    sed 's/^/    /' "$log"
  fi
  echo >&"$watched"
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
