#!/usr/bin/env bash
# Runs the unit tests as several processes at once, each with a range of them, and prints what each said, in order.
# Usage: tests/unit/run.sh BINARY
set -euo pipefail
binary=$(realpath "$1")
cores=$(nproc)
ranges=$((12 * cores)) # many more than cores: some tests take minutes
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

count=$("$binary" --count --no-colors | sed -n 's/.*unskipped test cases passing the current filters: *//p')
size=$(((count + ranges - 1) / ranges))
export binary logs
# Ranges are numbered from 1; the status of a range stands beside its log.
seq 1 "$size" "$count" | xargs -P "$cores" -I{} bash -c \
  'status=0; "$binary" --first={} --last=$(({} + '"$size"' - 1)) --no-colors --duration=true >"$logs/{}.log" 2>&1 || status=$?; echo $status >"$logs/{}.status"'

passed=0
failed=0
for ((first = 1; first <= count; first += size)); do
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
