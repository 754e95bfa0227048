#!/usr/bin/env bash
# `tdc run` from end to end: the same bytes on the host and under QEMU, batches against accumulation,
# groups that are not full, interrupting and saving, and refusing what does not fit.
# Usage: tests/diff/running.sh [TDC]       (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
digits=$root/examples/mlp_digits/digits_train.npz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir temporary
export TMPDIR=$work/temporary

# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"
# shellcheck source=tests/diff/digits_net.sh
source "$root/tests/diff/digits_net.sh"
# same_losses A B: two loss files of equally many rows differ by at most 1e-6 in every row
same_losses() {
  paste -d, "$1" "$2" | awk -F, '
    NF != 4 { print "rows differ in number"; bad = 1 }
    NR > 1 && ($2 - $4 > 1e-6 || $4 - $2 > 1e-6 || $2 + 0 == 0) { print; bad = 1 }
    END { exit bad || NR < 2 }'
}
# idx_files NAME FIRST COUNT [FIRST COUNT...]: samples FIRST.. of an arithmetic pattern as a pair of IDX files
idx_files() {
  python3 - "$@" <<'PY'
import struct, sys
name, *numbers = sys.argv[1:]
ranges = zip(map(int, numbers[::2]), map(int, numbers[1::2]))
samples = [first + i for first, count in ranges for i in range(count)]
count = len(samples)
with open(name + "-images", "wb") as images:
    images.write(struct.pack(">HBBII", 0, 8, 2, count, 64))
    for s in samples:
        images.write(bytes((s * 37 + i * i * 11 + s * i * 5) % 256 for i in range(64)))
with open(name + "-labels", "wb") as labels:
    labels.write(struct.pack(">HBBI", 0, 8, 1, count) + bytes(s * 3 % 10 for s in samples))
PY
}

for clause in "batch 1" "batch 3" "batch 1 accumulate 3"; do
  name=${clause// /_}
  program "$name" 0.1 "$clause"
  for target in host qemu; do
    check "$clause trains on $target" "$tdc" run "$name.td" --on $target --data "$digits" --steps 10 --seed 1 \
      --save "$name-$target.npz" --losses "$name-$target.csv"
  done
  check "$clause: the same weights on host and QEMU" cmp "$name-host.npz" "$name-qemu.npz"
  check "$clause: the same losses on host and QEMU" cmp "$name-host.csv" "$name-qemu.csv"
  check "$clause: a row per update" test "$(wc -l <"$name-host.csv")" = 11
done
# learn-6
check "three samples at once or one after another give the same weights" cmp batch_3-host.npz batch_1_accumulate_3-host.npz
check "and the same losses" same_losses batch_3-host.csv batch_1_accumulate_3-host.csv
check "but other updates give other weights" bash -c '! cmp -s batch_1-host.npz batch_3-host.npz'

# Weights that do not fit the chip's second memory are streamed from its third.
for train in all summed; do
  wide() { "$tdc" run "$root/tests/diff/wide.td" --train $train --data "$digits" --steps 3 --seed 1 --save "$@"; }
  check "3 MiB of weights train where all fits ($train)" wide $train.npz --deploy host --on host
  for target in host qemu; do
    check "3 MiB of weights are streamed on $target ($train)" wide $train-$target.npz --deploy cluster --on $target
    check "with the same bits" cmp $train.npz $train-$target.npz
  done
done
check "the report says what comes from there" bash -c "
  '$tdc' report '$root/tests/diff/wide.td' --train all --tiles | grep -q 'of L3  stays in L2'"
check "without streaming they do not fit" bash -c "
  ! '$tdc' '$root/tests/diff/wide.td' --train all --without stream_weights -o nothing 2>said && grep -q memory-does-not-fit said"

# Five samples in batches of four: the second batch is the fifth and the first three again (learn-6).
idx_files five 0 5
idx_files filled 0 5 0 3
program batch_4 0.1 "batch 4"
check "one pass with a batch that is not full" bash -c "
  '$tdc' run batch_4.td --on host --seed 1 --data idx:five-images,five-labels --save filled-5.npz >filled.log &&
  '$tdc' run batch_4.td --on host --seed 1 --data idx:filled-images,filled-labels --save filled-8.npz >even.log"
check "it is filled from the start" cmp filled-5.npz filled-8.npz
check "with as many samples as the summary says" grep -q "the last batch is filled with 3 samples from the start of the data" filled.log
check "which has nothing to say of whole batches" bash -c "! grep -q 'last batch' even.log"
check "passes that go on from each other" bash -c "
  '$tdc' run batch_4.td --on host --data idx:five-images,five-labels --steps 5 | grep -q '3 batches go on from the end of the data to its start'"

# Five samples in groups of four: the second update is that of the fifth sample alone.
idx_files fifth 4 1
program batch_1_accumulate_4 0.1 "batch 1 accumulate 4"
check "one pass with a group that is not full" "$tdc" run batch_1_accumulate_4.td --on host --seed 1 \
  --data idx:five-images,five-labels --save pass.npz --losses pass.csv
check "the first four" "$tdc" run batch_4.td --on host --seed 1 --data idx:five-images,five-labels --steps 1 --save four.npz
check "and the fifth" "$tdc" run batch_1.td --on host --weights four.npz --data idx:fifth-images,fifth-labels \
  --save five.npz --losses five.csv
check "the last group's update is its true mean" cmp pass.npz five.npz
check "and its loss that of the fifth" test "$(sed -n 3p pass.csv | cut -d, -f2)" = "$(sed -n 2p five.csv | cut -d, -f2)"
check "a row per update" test "$(wc -l <pass.csv)" = 3
check "the same under QEMU" "$tdc" run batch_1_accumulate_4.td --on qemu --seed 1 \
  --data idx:five-images,five-labels --save pass-qemu.npz
check "with the same weights" cmp pass.npz pass-qemu.npz

for target in host qemu; do
  check "evaluates on $target" bash -c "\"$tdc\" run batch_1.td --on $target --eval --samples 50 --weights batch_3-host.npz --data '$digits' >eval-$target.log"
  check "infers on $target" "$tdc" run batch_1.td --on $target --infer --samples 20 --weights batch_3-host.npz --data "$digits" --save infer-$target.npz
done
check "evaluation prints loss and metric" grep -q "accuracy" eval-host.log
check "the same evaluation" diff <(grep -E "^  (loss|accuracy)" eval-host.log) <(grep -E "^  (loss|accuracy)" eval-qemu.log)
check "the same results" cmp infer-host.npz infer-qemu.npz

# A metric of two numbers is the quotient of their means.
program counted 0.1 "metric Precision(logits, label, positive: 8)
  metric Recall(logits, label, positive: 8)
  metric F1(logits, label, positive: 8)"
check "learns to count" "$tdc" run counted.td --on host --data "$digits" --seed 1 --steps 300 --save learnt.npz
for target in host qemu; do
  check "counts on $target" bash -c "\"$tdc\" run counted.td --on $target --eval --samples 400 --weights learnt.npz --data '$digits' >counted-$target.log"
done
check "infers as many" "$tdc" run counted.td --on host --infer --samples 400 --weights learnt.npz --data "$digits" --save counted.npz
check "precision, recall and F1 are those of the results" \
  python3 "$root/tests/diff/class_counts.py" counted.npz "$digits" 8 counted-host.log
check "and the same under QEMU" diff <(grep "^  " counted-host.log) <(grep "^  " counted-qemu.log)

for run in "a --seed 5" "b --seed 5" "c --seed 6"; do
  read -r name options <<<"$run"
  # shellcheck disable=SC2086 # options are words of their own
  check "shuffled run $name" "$tdc" run batch_3.td --on host --shuffle $options --weights batch_1-host.npz --data "$digits" --steps 4 --losses "shuffled-$name.csv"
done
check "the same seed shuffles alike" cmp shuffled-a.csv shuffled-b.csv
check "another seed does not" bash -c '! cmp -s shuffled-a.csv shuffled-c.csv'

check "safetensors hold the same weights as npz" bash -c "
  '$tdc' run batch_3.td --on host --data '$digits' --steps 0 --weights batch_3-host.npz --save again.safetensors &&
  '$tdc' run batch_3.td --on host --data '$digits' --steps 0 --weights again.safetensors --save again.npz &&
  cmp batch_3-host.npz again.npz"

# Without the instruction for fused multiply-adds: whole programs, the same bytes.
without_fma() {
  local name=$1
  shift
  check "$name trains" "$tdc" run "$@" --on host --save "$name-fma.npz" --losses "$name-fma.csv"
  check "$name trains with the software fmaf" env CFLAGS=-DTD_SOFT_FMAF "$tdc" run "$@" --on host --save "$name-soft.npz" --losses "$name-soft.csv" --keep "$name-c"
  check "$name has no such instruction" bash -c "! objdump -d $name-c/build/host/lib*.a | grep -q fmadd"
  check "$name: the same weights" cmp "$name-fma.npz" "$name-soft.npz"
  check "$name: the same losses" cmp "$name-fma.csv" "$name-soft.csv"
}
vectors=$root/tests/diff/vectors
without_fma digits batch_3.td --data "$digits" --steps 10 --seed 1
without_fma cnn "$root/tests/diff/cnn.td" --data "$vectors/cnn_data.npz" --weights "$vectors/cnn_weights.npz" --steps 2
for train in ft2 lora2; do
  weights=cct_small_weights
  if [ $train = lora2 ]; then weights=cct_small_lora2_weights; fi
  without_fma $train "$root/tests/diff/cct_small.td" --train $train --data "$vectors/cct_small_data.npz" --weights "$vectors/$weights.npz" --steps 2
done

# Interrupting: the weights are those after the last full update, and there is a row for each.
interrupt() {
  "$tdc" run batch_1.td --on host --seed 1 --data "$digits" --steps 100000000 --save stopped.npz --losses stopped.csv >stopped.log 2>&1 &
  local process=$! status=0
  for _ in $(seq 100); do
    if grep -q "step" stopped.log; then break; fi
    sleep 0.2
  done
  kill -INT $process
  wait $process || status=$?
  cat stopped.log
  [ $status = 130 ] && grep -q "interrupted after" stopped.log
}
check "an interrupted run ends with status 130" interrupt
check "and the run to that update gives the same weights" bash -c "
  '$tdc' run batch_1.td --on host --seed 1 --data '$digits' --steps \$((\$(wc -l <stopped.csv) - 1)) --save until.npz &&
  cmp stopped.npz until.npz"
check "no folder is left behind" test -z "$(find temporary -name 'tdc-run-*')"

check "the C project is kept where asked" bash -c "
  '$tdc' run batch_1.td --on qemu --data '$digits' --steps 1 --keep kept && test -x kept/build/qemu_user/mlp && test -f kept/mlp.c"
mkdir other
touch other/file
check "a folder of someone else is not" refuses 1 "was not made by" "$tdc" run batch_1.td --on host --data "$digits" --steps 1 --keep other
for mode in --eval "--infer --save more.npz"; do
  # shellcheck disable=SC2086 # options are words of their own
  check "more samples than there are with $mode" refuses 1 "\`--samples 6\`, but \`idx:five-images,five-labels\` has 5" \
    "$tdc" run batch_4.td --on host $mode --samples 6 --data idx:five-images,five-labels
  # shellcheck disable=SC2086
  check "as many as there are with $mode" "$tdc" run batch_4.td --on host $mode --samples 5 --data idx:five-images,five-labels
done
for command in "check batch_4.td" "report batch_4.td" "batch_4.td -o nope" "run batch_4.td --on host --data $digits"; do
  # shellcheck disable=SC2086
  check "no such train block: tdc $command" refuses 1 "error: \`batch_4.td\` has no train block \`nope\`; it has \`" "$tdc" $command --train nope
  # shellcheck disable=SC2086
  check "no such deploy block: tdc $command" refuses 1 "error: \`batch_4.td\` has no deploy block \`nope\`; there are \`" "$tdc" $command --deploy nope
done
check "nothing was written" test ! -e nope
check "no data" refuses 1 "give \`--data" "$tdc" run batch_1.td --on host
check "no such data" refuses 1 "nowhere.npz" "$tdc" run batch_1.td --on host --data nowhere.npz
check "data of another shape" refuses 1 "the program takes f32[n, 64]" "$tdc" run batch_1.td --on host --data "$root/examples/cct/source_test.npz"
check "weights of another net" refuses 1 "fc1" "$tdc" run batch_1.td --on host --data "$digits" --weights "$digits"
check "nowhere to save" refuses 1 "cannot be written" "$tdc" run batch_1.td --on host --data "$digits" --save nowhere/weights.npz
check "an unknown kind of file" refuses 1 "are written as" "$tdc" run batch_1.td --on host --data "$digits" --save weights.pt
check "no chip for rtl" refuses 1 "\`deploy\` block" "$tdc" run batch_1.td --on rtl --data "$digits"

# A folder may have any name: no tool takes it for something else.
for odd in -kq '~' 'a b' 'a$b' 'a#b' $'a\nb' 'a:b%c;d=e' "a'b\"c\\d"; do
  for target in host qemu; do
    check "keeps the project on $target in a folder called $odd" "$tdc" run batch_1.td --on $target --data "$digits" \
      --steps 1 --keep "$odd"
    check "which is this one" test -n "$(find "./$odd/build" -name mlp -perm -u+x)"
  done
done
check "another folder was not made" test ! -e "$HOME/build/host/mlp"
mkdir ./'-t $x'
check "nor is that for temporary files" env TMPDIR='-t $x' "$tdc" run batch_1.td --on qemu --data "$digits" --steps 1

finish
