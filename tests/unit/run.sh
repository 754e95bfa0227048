#!/usr/bin/env bash
# Runs the unit tests as several processes at once, each with a range of them, and prints what each said, in order.
# With a number only one of so many parts of the ranges, another one with every commit (TDC_TURN).
# Usage: tests/unit/run.sh BINARY [PARTS]
set -euo pipefail
# shellcheck source=tests/compile_once.sh
source "$(dirname "$0")/../compile_once.sh"
binary=$(realpath "$1")
parts=${2:-1}
if [ "${TDC_TURN:-0}" = all ]; then parts=1; fi
cores=$(nproc)
ranges=$((12 * cores)) # many more than cores: some tests take minutes
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

count=$("$binary" --count --no-colors | sed -n 's/.*unskipped test cases passing the current filters: *//p')
size=$(((count + ranges - 1) / ranges))
turn=$((parts == 1 ? 0 : ${TDC_TURN:-0} % parts))
# The first test of each range, numbered from 1.
firsts() {
  seq 1 "$size" "$count" | awk -v parts="$parts" -v turn="$turn" '(NR - 1) % parts == turn'
}
export binary logs
# The status of a range stands beside its log.
firsts | xargs -P "$cores" -I{} bash -c \
  'status=0; "$binary" --first={} --last=$(({} + '"$size"' - 1)) --no-colors --duration=true >"$logs/{}.log" 2>&1 || status=$?; echo $status >"$logs/{}.status"'

passed=0
failed=0
for first in $(firsts); do
  log=$logs/$first.log
  grep -vE '^[0-9.]+ s: ' "$log" || true
  # doctest counts the tests outside of the range as passed.
  tests=$((first + size - 1 > count ? count - first + 1 : size))
  bad=$(sed -nE 's/^\[doctest\] test cases: .*\| *([0-9]+) failed.*/\1/p' "$log" | tail -n 1)
  status=$(cat "$logs/$first.status")
  if [ -z "$bad" ]; then
    echo "tests $first to $((first + tests - 1)) of $count ended with status $status before they could count"
    bad=$tests
  elif [ "$status" != 0 ] && [ "$bad" = 0 ]; then
    bad=1
  fi
  passed=$((passed + tests - bad))
  failed=$((failed + bad))
done
echo "the tests that took longest, of $(awk '{ sum += $1 } END { printf "%d", sum }' <(grep -hE '^[0-9.]+ s: ' "$logs"/*.log)) s in all:"
grep -hE '^[0-9.]+ s: ' "$logs"/*.log | sort -rn | sed -n 1,12p # reads to the end: no broken pipe
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
