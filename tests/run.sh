#!/usr/bin/env bash
# Installs what is missing, builds tdc, and runs all tests. Prints the time of each part, and last
# `N passed, N failed` over all of them. Usage: tests/run.sh [PART...]      (no word: all parts)
#
# A part is one line in `all_parts`: its name and its command. It ends with status 0 if all is well and
# counts its checks in a last line `N passed, N failed`, or in doctest's; a part without such a line is
# one check.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
# What is tested in turns goes on with every commit.
export TDC_TURN=${TDC_TURN:-$(git rev-list --count HEAD 2>/dev/null || echo 0)}
logs=$root/build/test-logs
mkdir -p "$logs"

all_parts() {
  part install    .ci/install
  part build      preset dev
  part packages   python3 tests/own_packages.py
  part includes   python3 tests/includes/check.py
  part producers  python3 tests/producers/check.py
  part highlighting tests/highlighting/run.sh
  part unit       tests/unit/run.sh build/dev/tests/tdc_unit
  part output     tests/diff/output.sh build/dev/compiler/tdc
  part projects   tests/diff/projects.sh build/dev/compiler/tdc
  part reduce     python3 tests/reduce/reduce_test.py build/dev/compiler/tdc
  part guide      tests/diff/guide.sh build/dev/compiler/tdc
  part running    tests/diff/running.sh build/dev/compiler/tdc
  part results    tests/diff/results.sh build/dev/compiler/tdc
  part cct        tests/diff/cct.sh build/dev/compiler/tdc
  part roll       tests/diff/roll.sh build/dev/compiler/tdc
  part data       tests/diff/data.sh build/dev/compiler/tdc
  part memory     tests/diff/memory.sh build/dev/compiler/tdc
  part python     tests/python.sh build/dev/compiler/tdc
  part chip       tests/soc/run.sh
  part chip-build tests/diff/chip_build.sh build/dev/compiler/tdc
  part rtl        tests/diff/chip.sh build/dev/compiler/tdc
  part build-asan preset asan tdc_unit tdc
  part unit-asan  tests/unit/run.sh build/asan/tests/tdc_unit 5
  part hostile-asan tests/diff/hostile.sh build/asan/compiler/tdc
}

# preset NAME [TARGET...]: configures it and builds all, or the targets; warnings are errors
preset() {
  cmake --preset "$1" >/dev/null && cmake --build --preset "$1" ${2:+--target "${@:2}"} -- --quiet
}

passed_in_all=0
failed_in_all=0
summary=""
wanted=" $* "
# part NAME COMMAND...
part() {
  local name=$1 begin=$SECONDS status=0 passed=0 failed=0 counts
  shift
  if [ "$wanted" != "  " ] && [[ $wanted != *" $name "* ]]; then return; fi
  echo "== $name"
  ("$@") 2>&1 | tee "$logs/$name.log" || status=$?
  counts=$(counts_of "$logs/$name.log")
  if [ -n "$counts" ]; then
    read -r passed failed <<<"$counts"
    if [ "$status" != 0 ] && [ "$failed" = 0 ]; then failed=1; fi
  elif [ "$status" = 0 ]; then
    passed=1
  else
    failed=1
  fi
  passed_in_all=$((passed_in_all + passed))
  failed_in_all=$((failed_in_all + failed))
  summary+=$(printf '%-12s %5d:%02d %9d passed %5d failed' "$name" \
    $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60)) "$passed" "$failed")$'\n'
}

# counts_of LOG: `PASSED FAILED` of the last line that counts, or nothing
counts_of() {
  sed -nE -e 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' \
    -e 's/^\[doctest\] test cases: *[0-9]+ \| *([0-9]+) passed \| *([0-9]+) failed.*/\1 \2/p' "$1" | tail -n 1
}

all_parts
echo
printf '%s' "$summary"
echo "$passed_in_all passed, $failed_in_all failed"
[ $failed_in_all = 0 ]
