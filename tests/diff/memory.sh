#!/usr/bin/env bash
# The memory that a report counts is what the linker places, code with markers: every strategy of the digits and the
# transformer on every chip of std.chips, from both compilers; those of the other examples on their own chips. What does
# not fit is refused.
# Usage: tests/diff/memory.sh [TDC]        (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"
# build FOLDER COMPILER: with markers where there are any
build() {
  local platform
  platform=$(platform "$1")
  CPPFLAGS=$([ "$platform" = pulp_cluster ] && echo -DTD_PROFILE) \
    CC=$2 make -s -j2 -C "$1" PLATFORM="$platform" OUT="build/$2"
}
platform() { sed -n 's/^#   make PLATFORM=\([a-z_]*\) CC=.*/\1/p' "$1/Makefile"; }
program() { echo "$1/build/$2/$(sed -n 's/^NAME := //p' "$1/Makefile")"; }
# planned FOLDER ARGUMENTS...: the project of a program that fits; the others are listed in not-fit
planned() {
  if "$tdc" "${@:2}" -o "$1" >said 2>&1; then return; fi
  check "$1 does not fit" grep -q "too little \[memory-does-not-fit\]" said
  echo "$1" >>not-fit
  return 1
}
# counted FOLDER COMPILER: its program has what the report has
counted() {
  check "$1: $2 builds it" build "$1" "$2"
  check "$1: the report has what $2's program has" \
    python3 "$root/tests/diff/memory.py" "$1/report.json" "$(program "$1" "$2")"
}

for file in examples/mlp_digits/mlp_digits examples/cct/cct tests/diff/wide; do
  name=$(basename $file)
  cp "$root/$file.td" "$name.td"
  for chip in $(sed -n 's/^chip \([a-z0-9_]*\) .*/\1/p' "$root/stdlib/chips.td"); do
    echo "deploy test_$chip on $chip { allow recompute }" >>"$name.td"
  done
  for chip in $(sed -n 's/^chip \([a-z0-9_]*\) .*/\1/p' "$root/stdlib/chips.td"); do
    for train in $(sed -n 's/^train \([a-z0-9_]*\) .*/\1/p' "$name.td"); do
      folder=$name-$chip-$train
      planned "$folder" "$name.td" --train "$train" --deploy "test_$chip" || continue
      for compiler in riscv64-unknown-elf-gcc clang-19; do counted "$folder" $compiler; done
    done
  done
done
check "the whole transformer does not fit 2 MiB" grep -qx cct-pulp_cluster-full not-fit

# The code of nets of many layers fits what their chips reserve.
for file in "$root"/examples/*/*.td; do
  deploy=$(sed -n 's/^deploy \([a-z0-9_]*\) on pulp_cluster[a-z_]* .*/\1/p' "$file" | head -1)
  case $file in */cct.td | */mlp_digits.td) continue ;; esac
  [ -n "$deploy" ] || continue
  for train in $(sed -n 's/^train \([a-z0-9_]*\) .*/\1/p' "$file"); do
    folder=$(basename "$file" .td)-$train
    if planned "$folder" "$file" --train "$train" --deploy "$deploy"; then counted "$folder" riscv64-unknown-elf-gcc; fi
  done
done
check "of the models of MLPerf Tiny only one does not fit whole" test "$(grep -v '^cct\|^wide\|^mlp' not-fit)" = mobilenet_v1-full
# in_l3 FOLDER PART: how many bytes of that kind the report has there
in_l3() {
  python3 -c 'import json, sys
print(*[m[sys.argv[2] + "_bytes"] for m in json.load(open(sys.argv[1] + "/report.json"))["memory"] if m["level"] == "L3"])' "$@"
}
check "its adapters in both blocks fit with frozen weights in L3" test "$(in_l3 cct-pulp_cluster-lora2 frozen)" -gt 0
check "3 MiB of trained weights fit in L3" test "$(in_l3 wide-pulp_cluster-all arena)" -gt 1000000
check "and so do the sums of their gradients" test "$(in_l3 wide-pulp_cluster-summed arena)" -gt 3000000

# The linker's assertions can fail: a constant and a variable that the plan did not count, more code than is reserved.
# with_line FOLDER LINE COMMAND...: a copy of the project with one more line of C, as `more`, without what was built: objects that are
# copied in the same tick of the clock as the line is written would be taken for new
with_line() {
  local ended=0
  cp -r "$1" more && rm -r more/build && echo "$2" >>more/mlp.c && "${@:3}" || ended=$?
  rm -r more
  return $ended
}
more_code() { echo "__asm__(\".pushsection .text.mlp_init, \\\"ax\\\"; .skip $1; .popsection\");"; }
gcc=riscv64-unknown-elf-gcc
for each in "pulp_cluster L2 L2" "mcu_256k FLASH RAM"; do
  read -r chip constants variables <<<"$each"
  folder=mlp_digits-$chip-digits
  check "$chip: more constants than counted are refused" with_line "$folder" "const int more[4] TD_CONSTANT($constants) = {1};" \
    refuses 2 "more constants than the memory plan counted" build more $gcc
  check "$chip: more variables than counted are refused" with_line "$folder" "static int more[4] TD_MEMORY($variables);" \
    refuses 2 "more variables than the memory plan counted" build more $gcc
  check "$chip: more code than is reserved is refused" with_line "$folder" "$(more_code 0x20000)" \
    refuses 2 "the code does not fit its reserved bytes" build more $gcc
  check "$chip: a little more code is not" with_line "$folder" "$(more_code 16)" build more $gcc
done
check "pulp_cluster: more constants of code than L1 reserves are refused" with_line mlp_digits-pulp_cluster-digits \
  '__asm__(".pushsection .rodata.more, \"aR\"; .skip 1024; .popsection");' \
  refuses 2 "the constants of the code do not fit the bytes that L1 reserves for code" build more $gcc
# A chip file that reserves nothing there reserves too little.
sed -n '/^chip pulp_cluster {/,/^}/p' "$root/stdlib/chips.td" | sed 's/^chip .*/chip bare_l1 {/; s/L1, size: 128 KiB, code: 1 KiB/L1, size: 128 KiB/' >bare.chip
{ cat mlp_digits.td bare.chip; echo 'deploy test_bare on bare_l1 {}'; } >bare.td
check "a chip without bytes for constants of code in L1 compiles" "$tdc" bare.td --deploy test_bare -o bare
check "and the linker says that they lack" refuses 2 "the constants of the code do not fit the bytes that L1 reserves for code" \
  build bare $gcc
finish
