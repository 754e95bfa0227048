#!/usr/bin/env bash
# What `tdc FILE -o FOLDER` writes, built as its users do: by CMake in a program of theirs, and by the build line of
# the porting guide, taken literally, for the guide's board. The program divides 64-bit integers, which is a call of
# libgcc on rv32, and trains with a schedule. Usage: tests/diff/projects.sh [TDC]       (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"

# A net that is called as an object of its library, whose weight grows by the learning rate.
cat >mul.td <<'TD'
tdl 1
net Mul(x: f32[1], label: class(3)) -> y: f32[1] {
  param w: f32[1] = zeros
  param table: f32[3, 1] = zeros
  return x * w + embedding(label, table)
}
train rates of Mul {
  loss       0 - mean(y, axis: 0)
  optimizer  sgd(lr: 0.5)
  schedule   cosine(steps: 21, warmup: 6, final: 0.1)
  freeze     table
}
TD
# Prints a quotient of 64-bit numbers, then the bits of w after every step of 24.
cat >own.c <<'C'
#include "tdc/mul.h"
#include "td_platform.h"

static void print(uint64_t number) {
  static volatile uint64_t ten = 10;
  char text[21];
  size_t at = sizeof text;
  text[--at] = '\n';
  do {
    text[--at] = (char)('0' + number % ten);
    number /= ten;
  } while (number > 0);
  td_write(text + at, sizeof text - at);
}

int main(void) {
  static volatile uint64_t product = 1000000007ull * 998244353ull, factor = 998244353ull;
  const float x = 1.0f;
  const int32_t label = 2, wrong = 3, negative = -1;
  float loss = 0.0f;
  print(product / factor);
  if (mul_train_step(&x, &label, &loss) != MUL_NOT_READY) return 1;
  if (mul_init(0) != MUL_OK) return 2;
  for (int step = 0; step < 24; ++step) {
    if (mul_train_step(&x, &wrong, &loss) != MUL_OUT_OF_RANGE) return 3;  // c-4
    if (mul_train_step(&x, &negative, &loss) != MUL_OUT_OF_RANGE) return 4;
    if (mul_train_step(&x, &label, &loss) != MUL_OK) return 5;
    union {
      float value;
      uint32_t bits;
    } w = {.value = mul_variables[0].value[0]};
    print(w.bits);
  }
  return 0;
}
C
check "compiles" "$tdc" mul.td -o model

# ---- CMake ----
cat >CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.16)
project(own LANGUAGES C)
add_subdirectory(model)
add_executable(own own.c model/runtime/host/platform_host.c)
target_link_libraries(own PRIVATE mul_model)
CMAKE
for compiler in gcc clang-19; do
  check "CMake builds a program with it, by $compiler" bash -c "
    cmake -S . -B $compiler -DCMAKE_C_COMPILER=$compiler -DCMAKE_BUILD_TYPE=Release >/dev/null && cmake --build $compiler"
  check "it runs" bash -c "$compiler/own >$compiler.txt"
done
check "both compilers give the same" cmp gcc.txt clang-19.txt
check "divides" test "$(head -1 gcc.txt)" = 1000000007
check "learns as the schedule's formula says" python3 - gcc.txt <<'PY'
import math, struct, sys
bits = [int(line) for line in open(sys.argv[1])][1:]
assert len(bits) == 24
w = 0.0
for update, word in enumerate(bits):
    if update < 6:
        factor = (update + 1) / 6
    else:
        factor = 0.1 + 0.9 * (1 + math.cos(math.pi * min((update - 6) / (21 - 6), 1))) / 2
    w += 0.5 * factor
    got = struct.unpack("<f", struct.pack("<I", word))[0]
    assert abs(got - w) < 1e-5 * w, (update, got, w)
PY

# ---- make: all objects are in the library, whatever the net is called ----
check "make builds it" make -s -C model
check "its library holds the net's file and the kernel's" test "$(ar t model/build/host/libmul_model.a | grep -c '^mul.c.o$')" = 2
check "a program links with the library alone" gcc own.c -I model/include -I model/runtime -L model/build/host -lmul_model -o linked
check "and gives the same" bash -c './linked | cmp - gcc.txt'
for option in -ffast-math -Ofast -ffinite-math-only -fno-signed-zeros; do
  check "$option is refused" refuses 2 "give other numbers" make -s -C model OUT=build/fast CFLAGS=$option
done

# ---- the porting guide ----
guide=$root/runtime/README.md
# block NAME: the code under `NAME`:
block() { awk -v head="\`$1\`:" '$0 == head { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$guide"; }
for name in start.S platform.c link.ld; do block $name >model/$name; done
awk '/^Build and run,/ { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$guide" >guide.sh
cp own.c model/PROGRAM.c
sed -i 's/MODEL/mul/g; s/-serial stdio/-serial file:serial.txt/' guide.sh
check "the guide's lines build and run it" bash -euc "cd model && timeout 60 bash -eu ../guide.sh </dev/null"
check "with the host's numbers" cmp model/serial.txt gcc.txt

finish
