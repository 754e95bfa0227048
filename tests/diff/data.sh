#!/usr/bin/env bash
# Data and learning rates from end to end: a net that reads CIFAR-10 files through its `data` block, bytes scaled
# alike by the host, by a program on the chip and by an oracle that knows neither, IDX files, schedules against
# their formulas. Usage: tests/diff/data.sh [TDC]       (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
oracle=$root/tests/diff/data_files.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"

# program NAME LINES: a small net for 3x32x32 images, with these lines behind it, in NAME.td
program() {
  cat >"$1.td" <<TD
tdl 1
use std.nn
net Photos(image: f32[3, 32, 32]) -> logits: f32[10] {
  return image
    |> Conv2d(4, kernel: 3, stride: 2, padding: 1) as conv
    |> relu
    |> max_pool2d(kernel: 2, stride: 2)
    |> rearrange("c h w -> (c h w)")
    |> Linear(10) as head
}
train small of Photos {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      4
}
$2
TD
}

# ---- CIFAR-10 files, scaled ----
python3 "$oracle" cifar10 photos
mkdir elsewhere
program elsewhere/scaled 'data photos for Photos {
  train  cifar10("../photos")
  test   cifar10("../photos")
  mean   [0.25, 0.3, 0.35] as image
  std    [0.2, 0.25, 0.225] as image
}'
program plain ""
scaled=elsewhere/scaled.td
check "trains on the five files" bash -c "'$tdc' run $scaled --on host --steps 150 --shuffle --seed 3 --save trained.npz >train.log"
check "which are 200 images" grep -q "photos, 200 samples" train.log
check "evaluates on the sixth" bash -c "'$tdc' run $scaled --on host --eval --weights trained.npz >eval.log"
check "which is 40 images" grep -q "photos, 40 samples" eval.log
check "has learnt them" bash -c "awk '\$1 == \"accuracy\" { good = \$2 >= 0.9 } END { exit !good }' eval.log"
check "the same bytes under QEMU" bash -c "
  '$tdc' run $scaled --on host --steps 3 --seed 3 --save host.npz --losses host.csv &&
  '$tdc' run $scaled --on qemu --steps 3 --seed 3 --save qemu.npz --losses qemu.csv &&
  cmp host.npz qemu.npz && cmp host.csv qemu.csv"
check "--data takes the place of the block, which still scales" bash -c "
  '$tdc' run $scaled --on host --steps 3 --seed 3 --data cifar10:photos --losses again.csv && cmp host.csv again.csv"
python3 "$oracle" scaled photos scaled.npz
check "scaled as the oracle does" bash -c "
  '$tdc' run $scaled --on host --infer --weights trained.npz --save bytes-results.npz &&
  '$tdc' run plain.td --on host --infer --weights trained.npz --data scaled.npz --save scaled-results.npz &&
  cmp bytes-results.npz scaled-results.npz"
check "and not without" bash -c "
  '$tdc' run plain.td --on host --infer --weights trained.npz --data cifar10:photos --save plain-results.npz &&
  ! cmp -s bytes-results.npz plain-results.npz"

# ---- the same scaling on the chip (data-3) ----
cat >print_scaled.c <<'C'
#include "tdc/photos.h"
#include "td_platform.h"

static uint8_t bytes[3 * 1024];
static float input[3 * 1024];
static char text[9 * 256];

int main(void) {
  for (int i = 0; i < 3 * 1024; ++i) bytes[i] = (uint8_t)i;
  if (photos_scale_image(0, input) != PHOTOS_NULL_POINTER || photos_scale_image(bytes, input) != PHOTOS_OK) return 1;
  for (int channel = 0; channel < 3; ++channel) {
    for (int byte = 0; byte < 256; ++byte) {
      union {
        float value;
        uint32_t bits;
      } number = {.value = input[1024 * channel + byte]};
      for (int digit = 0; digit < 8; ++digit)
        text[9 * byte + digit] = "0123456789abcdef"[number.bits >> (28 - 4 * digit) & 15];
      text[9 * byte + 8] = '\n';
    }
    td_write(text, sizeof text);
  }
  return 0;
}
C
python3 "$oracle" bytes >expected-bytes.txt
"$tdc" $scaled -o c >/dev/null
# The runner's place is taken by a program of one's own, which is all that a board needs.
cp print_scaled.c c/photos_runner.c
check "a program for the host" make -s -C c
check "scales every byte as the oracle" diff <(c/build/host/photos) expected-bytes.txt
check "a program for rv32" make -s -C c PLATFORM=qemu_user
check "scales every byte the same" diff <(qemu-riscv32 c/build/qemu_user/photos) expected-bytes.txt

# ---- what is missing or broken ----
check "no data at all" refuses 1 "give \`--data FILE.npz\`, or plain.td a \`data\` block" "$tdc" run plain.td --on host
program half 'data photos for Photos { train cifar10("photos") }'
check "no data for testing" refuses 1 "has no \`test\`" "$tdc" run half.td --on host --eval
program nowhere 'data photos for Photos { train npz("nowhere.npz") }'
check "a file that is not there" refuses 1 "nowhere.npz" "$tdc" run nowhere.td --on host
cp -r photos broken
truncate -s -1 broken/data_batch_4.bin
check "a truncated file" refuses 1 "data_batch_4.bin" "$tdc" run plain.td --on host --data cifar10:broken
check "the others for testing" "$tdc" run plain.td --on host --eval --data cifar10:broken

# ---- learning rates ----
# rates CLAUSE: a net whose loss shows its weight, and whose weight grows by the learning rate
rates() {
  cat >rates.td <<TD
tdl 1
net Rates(x: f32[1]) -> y: f32[1] {
  param w: f32[1] = zeros
  return x * w
}
train rates of Rates {
  loss       0 - mean(y, axis: 0)
  optimizer  sgd(lr: 0.5)
  $1
}
TD
}
python3 "$oracle" ones ones.npz
# kind warmup steps final, with what is written in the file
while read -r kind warmup steps final clause; do
  rates "$clause"
  for target in host qemu; do
    check "$clause: on $target" "$tdc" run rates.td --on $target --data ones.npz --steps 30 --save rates-$target.npz --losses rates-$target.csv
  done
  check "$clause: as its formula says" python3 "$oracle" schedule "$kind" "$warmup" "$steps" "$final" rates-host.csv
  check "$clause: the same on host and QEMU" bash -c "cmp rates-host.csv rates-qemu.csv && cmp rates-host.npz rates-qemu.npz"
done <<'SCHEDULES'
constant 0 1 1
constant 7 1 1 schedule constant(warmup: 7)
linear 0 20 0 schedule linear(steps: 20)
linear 5 20 0.25 schedule linear(steps: 20, warmup: 5, final: 0.25)
cosine 0 20 0 schedule cosine(steps: 20)
cosine 6 21 0.1 schedule cosine(steps: 21, warmup: 6, final: 0.1)
SCHEDULES

finish
