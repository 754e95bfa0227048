#!/usr/bin/env bash
# The chip's part of the tests: builds the chip if needed, tests its parts alone, then whole programs.
# Usage: tests/soc/run.sh [calibration]      calibration: prints the table of runtime/soc/README.md
# Prints last `N passed, N failed`.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
.ci/install build chip qemu test
[ -f build/dev/build.ninja ] || cmake --preset dev >/dev/null
cmake --build build/dev --target tdc_soc tdc_soc_unit -- --quiet
chip=build/dev/runtime/soc/tdc-soc
if [ "${1:-}" = calibration ]; then
  exec python3 tests/soc/suite.py $chip calibration
fi
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0
build/dev/tests/soc/tdc_soc_unit | tee "$logs/unit" || status=1
python3 tests/soc/suite.py $chip | tee "$logs/suite" || status=1
read -r unit_passed unit_failed < <(sed -nE \
  's/^\[doctest\] test cases: *[0-9]+ \| *([0-9]+) passed \| *([0-9]+) failed.*/\1 \2/p' "$logs/unit")
read -r passed failed < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$logs/suite")
echo "$((unit_passed + passed)) passed, $((unit_failed + failed)) failed"
exit $status
