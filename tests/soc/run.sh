#!/usr/bin/env bash
# The chip's part of the tests: builds the chip if needed, tests its parts alone, then whole programs.
# Usage: tests/soc/run.sh [calibration | speed | engine | multiply-add]
#   calibration   prints that table of runtime/soc/README.md
#   speed         prints that of the simulator's speed, with a profile-guided build beside the ordinary one
#   engine        prints those of the matrix engine: FLOP a cycle, alone and beside the cores
#   multiply-add  holds a hundred million of the engine's multiply-adds against fmaf
# Prints last `N passed, N failed`.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
.ci/install build chip qemu test
cmake --preset dev >/dev/null
rtl=$root/build/dev/runtime/soc/cv32e40p
chip=build/dev/runtime/soc/tdc-soc

# build_chip DIR CMAKE_OPTION...: another build of the simulator, from the sources that the first has fetched
build_chip() {
  local dir=$1
  shift
  cmake -S runtime/soc -B "$dir" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DTDC_CV32E40P_DIR="$rtl" "$@" >/dev/null
  cmake --build "$dir" --target tdc_soc -- --quiet
}

cmake --build build/dev --target tdc_soc -- --quiet
if [ "${1:-}" = calibration ]; then
  exec python3 tests/soc/suite.py $chip calibration
fi
if [ "${1:-}" = speed ]; then
  rm -rf build/chip-profiled
  build_chip build/chip-profiled -DTDC_SOC_PROFILE=generate
  python3 tests/soc/speed.py --train build/chip-profiled/tdc-soc
  build_chip build/chip-profiled -DTDC_SOC_PROFILE=use
  exec python3 tests/soc/speed.py plain=$chip profile-guided=build/chip-profiled/tdc-soc
fi
if [ "${1:-}" = engine ] || [ "${1:-}" = multiply-add ]; then
  cmake --build build/dev --target tdc_soc_unit -- --quiet
  [ "$1" = engine ] || exec build/dev/tests/soc/tdc_soc_unit --no-skip -tc='a hundred million*'
  build/dev/tests/soc/tdc_soc_unit --no-skip -tc='table of FLOP*' | grep '^|'
  echo
  exec python3 tests/soc/speed.py --engine $chip
fi
# With less of Verilator's and of the compiler's optimisations: the cycles must be the same.
other_chip=build/chip-unoptimised/tdc-soc
build_chip build/chip-unoptimised -DTDC_SOC_FAST=OFF
cmake --build build/dev --target tdc_soc_unit -- --quiet
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
status=0
build/dev/tests/soc/tdc_soc_unit | tee "$logs/unit" || status=1
python3 tests/soc/suite.py $chip $other_chip | tee "$logs/suite" || status=1
read -r unit_passed unit_failed < <(sed -nE \
  's/^\[doctest\] test cases: *[0-9]+ \| *([0-9]+) passed \| *([0-9]+) failed.*/\1 \2/p' "$logs/unit")
read -r passed failed < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$logs/suite")
echo "$((unit_passed + passed)) passed, $((unit_failed + failed)) failed"
exit $status
