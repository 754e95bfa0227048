#!/usr/bin/env bash
# No result is lost and none is claimed: every way to end a run, places that cannot be written, devices, pipes and
# links, losses and data that are no numbers, output folders under kills and side by side, messages that do not arrive.
# Usage: tests/diff/results.sh [TDC]       (default: the dev build)
set -euo pipefail
# Signals as they come to a program of its own: whoever starts this may ignore some (`nohup` does), which runs respect.
[ -n "${signals_are_default:-}" ] || signals_are_default=1 exec env --default-signal bash "$0" "$@"
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
program net 0.1 "batch 2"
run=("$tdc" run net.td --on host --seed 1 --data "$digits")
# nothing_left: neither a folder nor a file of a run or a write, nor a process of one
nothing_left() {
  find . -name 'tdc-run-*' -o -name '*.tdc-*' | tee left
  pgrep -f "$work" >>left || true
  [ ! -s left ]
}
# ends_with STATUS COMMAND...
ends_with() {
  local status=$1 ended=0
  shift
  "$@" || ended=$?
  [ "$ended" = "$status" ] || { echo "status $ended, expected $status"; return 1; }
}

# under_way: waits until the program of the only run that there is has been built, started and trains
under_way() {
  local process
  for _ in $(seq 1200); do
    for process in $(pgrep -x mlp || true); do
      if [[ $(readlink "/proc/$process/exe") == "$work"/* ]]; then sleep 0.5 && return; fi
    done
    sleep 0.05
  done
}

# ends_soon PROCESS: waits for it; one that goes on for two minutes is killed, so that the test ends and fails
ends_soon() {
  for _ in $(seq 1200); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL "$1"
}

# ---- ways to end a run: the weights are those of the last update ----
# stop NAME: a run without an end, which SIGNAL stops once it is under way; its status must be 130
stop() {
  local name=$1 process status=0
  "${run[@]}" --steps 100000000 --save "$name.npz" --losses "$name.csv" >"$name.log" 2>&1 &
  process=$!
  under_way
  kill "-$name" "$process"
  if [[ $name != INT && $name != QUIT ]]; then kill "-$name" "$process" || true; fi # some senders do it twice
  ends_soon "$process"
  wait "$process" || status=$?
  cat "$name.log"
  [ "$status" = 130 ] && grep -q "interrupted after" "$name.log" && nothing_left
}
# same_as_run NAME: the weights are those of a run of as many updates as there are losses
same_as_run() {
  "${run[@]}" --steps $(($(wc -l <"$1.csv") - 1)) --save until.npz && cmp "$1.npz" until.npz
}
for signal in INT TERM HUP QUIT USR1 XCPU; do
  check "SIG$signal ends a run like Ctrl-C" stop $signal
  check "with the weights of its last update" same_as_run $signal
done
hung_up() { # under nohup a run outlives its terminal
  local process status=0
  nohup "${run[@]}" --steps 100000 --save hup.npz >hup.log 2>&1 &
  process=$!
  under_way
  kill -HUP "$process" && ends_soon "$process" && wait "$process" || status=$?
  cat hup.log
  [ $status = 0 ] && grep -q "trained 100,000 of 100,000" hup.log
}
check "but not under nohup" hung_up
check "30 updates" "${run[@]}" --steps 30 --save thirty.npz
closed_output() { "${run[@]}" --steps 30 --save head.npz --losses head.csv | head -n 1; }
check "a reader that goes is an error in the end" refuses 1 "standard output cannot be written: Broken pipe" closed_output
check "when all has been saved" cmp head.npz thirty.npz
check "the losses as well" test "$(wc -l <head.csv)" = 31
closed_progress() { ("${run[@]}" --steps 600000 --save pipe.npz --losses pipe.csv; echo $? >pipe.status) 2>&1 | head -n 3; }
check "a reader of the progress that goes ends the run" closed_progress
check "like Ctrl-C" grep -qx 130 pipe.status
check "with its weights" same_as_run pipe
check "and nothing is left behind" nothing_left
killed_run() {
  "${run[@]}" --steps 100000000 --save killed.npz >killed.log 2>&1 &
  local process=$!
  under_way
  kill -KILL $process
  wait $process || true
  test -n "$(find temporary -name 'tdc-run-*')" && test -n "$(find . -name 'killed.npz.tdc-new-*')"
}
check "a run that is killed leaves its folder and a file" killed_run
check "which the next removes" "${run[@]}" --steps 1 --save killed.npz
check "both" nothing_left

# ---- places that cannot be written are found before the training ----
mkdir folder.npz
forever=(timeout 20 "${run[@]}" --steps 100000000)
check "weights to a folder" refuses 1 "\`folder.npz\` cannot be written: it is a folder" "${forever[@]}" --save folder.npz
check "losses to a folder" refuses 1 "\`temporary\` cannot be written: it is a folder" "${forever[@]}" --losses temporary
check "values of a step to a folder" refuses 1 "it is a folder" "${forever[@]}" --trace-values folder.npz
check "all of them at once" refuses 1 "\`temporary\` cannot" "${forever[@]}" --save folder.npz --losses temporary
check "two results in one file" refuses 1 "are one file" "${forever[@]}" --save one.npz --losses ./one.npz
cp "$digits" copy.npz
check "weights over the data" refuses 1 "this run reads it" "$tdc" run net.td --on host --data copy.npz --save copy.npz
check "which stay" cmp copy.npz "$digits"
check "losses over the program" refuses 1 "this run reads it" "${run[@]}" --losses net.td
# A disk of four pages, for which a name space of our own will do.
full_disk() {
  unshare --user --map-root-user --mount bash -c "
    mkdir -p disk && mount -t tmpfs -o size=8k none disk && cd disk && $1"
}
if full_disk true 2>/dev/null; then
  say_full="cp ../net.td . && '$tdc' run net.td --on host --seed 1 --data '$digits' --steps"
  check "a full disk is found before the training" refuses 1 "\`w.npz\` cannot be written: No space left" full_disk "$say_full 100000000 --save w.npz"
fi
check "losses that cannot be written leave the weights" refuses 1 "\`/dev/full\` cannot be written: No space left" "${run[@]}" --steps 30 --save full.npz --losses /dev/full
check "which are saved first" cmp full.npz thirty.npz
limited() { (ulimit -f 2 && "${run[@]}" --steps 30 --save limited.npz); }
check "a limit on files is an error, not the end" refuses 1 "\`limited.npz\` cannot be written: File too large" limited
check "and leaves nothing" nothing_left

# ---- what is there and no regular file is written to ----
check "losses to a device" "${run[@]}" --steps 2 --losses /dev/null
check "which is one still" test -c /dev/null
if [ "$(id -u)" = 0 ] && mknod null.npz c 1 3 2>/dev/null; then
  check "weights to a device" "${run[@]}" --steps 2 --save null.npz
  check "which is one still" test -c null.npz
fi
mkfifo pipe
through_pipe() { "${run[@]}" --steps 30 --losses pipe >/dev/null & cat pipe >through.csv && wait $!; }
check "losses into a pipe" through_pipe
check "arrive" cmp through.csv head.csv
check "and it is one still" test -p pipe
without_reader() {
  "${run[@]}" --steps 2 --losses pipe >fifo.log 2>&1 &
  local process=$! status=0
  sleep 0.5
  kill -TERM $process
  wait $process || status=$?
  cat fifo.log
  [ $status = 130 ]
}
check "a pipe without a reader is waited for until Ctrl-C" without_reader
check "losses to standard output" bash -c "'$tdc' run net.td --on host --seed 1 --data '$digits' --steps 30 --losses /dev/stdout >text"
check "come whole, between the messages" bash -c "sed -n '/^step,loss/,/^30,/p' text | cmp - head.csv && grep -q 'C project' text && grep -q trained text"
echo old >target.csv
chmod 600 target.csv
ln -s target.csv link.csv
ln -s nowhere.npz dangling.npz
check "through links" "${run[@]}" --steps 30 --losses link.csv --save dangling.npz
check "which stay links" bash -c "test -L link.csv && test -L dangling.npz && cmp target.csv head.csv && cmp nowhere.npz thirty.npz"
check "and their targets as open as they were" test "$(stat -c %a target.csv)" = 600

# ---- losses that are no numbers ----
program diverges 1e30 "batch 2 accumulate 2"
for target in host qemu; do
  bad=("$tdc" run diverges.td --on $target --seed 1 --data "$digits" --steps 8)
  check "$target: a loss that is no number ends a run" refuses 1 "the loss is nan in update 2, micro-batch 1, over samples 4 and 5 of" "${bad[@]}" --save $target.npz --losses $target.csv
  check "$target: with weights that are so for every sample" refuses 1 "(counted from 0), and of each of them alone; \`--keep-going\` goes on" "${bad[@]}"
  check "$target: which is no interruption" refuses 1 "stopped after 2 of 8 updates" "${bad[@]}"
  check "$target: and is the last of its losses" test "$(tail -n 1 $target.csv)" = "2,nan"
  check "$target: its weights are those before" bash -c "'$tdc' run diverges.td --on $target --seed 1 --data '$digits' --steps 1 --save before.npz && cmp $target.npz before.npz"
  check "$target: which tdc reads" "$tdc" run diverges.td --on host --eval --keep-going --samples 1 --data "$digits" --weights $target.npz
  check "$target: who wants to goes on" "${bad[@]}" --keep-going --save $target-on.npz --losses $target-on.csv
  check "$target: to the end" test "$(tail -n 1 $target-on.csv)" = "8,nan"
  check "$target: evaluation ends, too" refuses 1 "is not finite" "$tdc" run diverges.td --on $target --eval --data "$digits" --weights $target.npz
done
check "the same weights on both" cmp host.npz qemu.npz
# Which of the samples of a micro-batch it is.
# shellcheck source=tests/diff/scale_net.sh
source "$root/tests/diff/scale_net.sh"
scale_net
scale=("$tdc" run scale.td --data scale.npz)
for target in host qemu; do
  check "$target: a loss that is infinite for one sample names it" refuses 1 "the loss is inf in update 2, at sample 6 of \`scale.npz\` (counted from 0);" "${scale[@]}" --on $target
  check "$target: and saves the weights before" refuses 1 "at sample 6 of" "${scale[@]}" --on $target --save scale-$target.npz
  check "$target: which are those" bash -c "'$tdc' run scale.td --data scale.npz --on $target --steps 1 --save one.npz && cmp one.npz scale-$target.npz"
done
sed 's/batch      4/batch 2 accumulate 2/' scale.td >groups.td
check "also of a group" refuses 1 "in update 2, micro-batch 2, at sample 6 of" "$tdc" run groups.td --on host --data scale.npz
check "or says that it is their sum" refuses 1 "in update 2, over samples 4 to 7 of \`sums.npz\` (counted from 0), though of none of them alone;" "$tdc" run scale.td --on host --data sums.npz
check "evaluation names it" refuses 1 "the loss of sample 6 of" "$tdc" run scale.td --on host --eval --data scale.npz
check "the same text on both" cmp host-on.csv qemu-on.csv
# The only update takes the weights to infinity; no loss comes after it that could show it.
program overflows 3e38 "batch 2"
sed -i 's/return image |>\(.*\)/return 1000.0 * (image |>\1)/' overflows.td
check "weights that are not finite after the last update" refuses 1 "not all weights are finite after update 1" "$tdc" run overflows.td --on host --seed 1 --data "$digits" --steps 1 --save last.npz
check "are those before" bash -c "'$tdc' run overflows.td --on host --seed 1 --data '$digits' --steps 0 --save zero_steps.npz && cmp last.npz zero_steps.npz"
check "nothing is left" nothing_left

# ---- data that are no numbers, indices out of range ----
python3 - <<'PY'
import struct, zipfile
def npy(descr, dims, data):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {dims}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data
def save(name, arrays):
    with zipfile.ZipFile(name, "w") as file:
        for key, value in arrays.items():
            file.writestr(key + ".npy", npy(*value))
for name, bad in [("nan", float("nan")), ("inf", float("-inf"))]:
    numbers = [0.0] * 128
    numbers[70] = bad
    save(name + ".npz", {"image": ("<f4", "(2, 64)", struct.pack("<128f", *numbers)), "label": ("|u1", "(2,)", b"\1\2")})
save("token.npz", {"token": ("<i4", "(2, 3)", struct.pack("<6i", 0, 1, 2, 3, 4, 5)), "label": ("|u1", "(2,)", b"\1\2")})
PY
check "data that are no numbers" refuses 1 "nan.npz: \`image\` holds nan at index [1, 6]" "$tdc" run net.td --on host --data nan.npz
check "infinite data" refuses 1 "inf.npz: \`image\` holds -inf at index [1, 6]" "$tdc" run net.td --on host --data inf.npz
cat >words.td <<'TD'
tdl 1
use std.nn
net Words(token: i32[3]) -> logits: f32[10] {
  return Embedding(token, 5, 8) |> rearrange("t w -> (t w)") |> Linear(10) as head
}
train words of Words {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.1)
}
TD
check "an index without a row" refuses 1 "\`token\` holds 5 at index [1, 2], the program takes 0 to 4" "$tdc" run words.td --on host --data token.npz
check "one row more" bash -c "sed 's/token, 5/token, 6/' words.td >more.td && '$tdc' run more.td --on host --data token.npz"

# A label that only the model refuses: a compiler in front of the real one makes it know two classes less. The first
# labels are 1, 3, 5, 6, 7, 8.
program threes 0.1 "batch 3"
mkdir tools
cat >tools/cc <<END
#!/bin/sh
case " \$* " in *" mlp.c "*) sed -i 's/>= 10u) return MLP_OUT_OF_RANGE/>= 8u) return MLP_OUT_OF_RANGE/' mlp.c ;; esac
exec $(compiler cc) "\$@"
END
chmod +x tools/cc
refused="failed: a class number is not one of its classes, at sample 5 of \`$digits\` (counted from 0)"
for mode in "" --eval; do
  # shellcheck disable=SC2086 # no word or one
  check "a status of the model's own names the sample${mode:+ with $mode}" refuses 70 "$refused" \
    env PATH="$work/tools:$PATH" "$tdc" run threes.td --on host --data "$digits" $mode
done

# ---- output folders: one step, whatever happens ----
cc -shared -fPIC -O1 -o kill_at.so "$root/tests/diff/kill_at.c" -ldl
compile() { "$tdc" net.td --seed "$1" -o "$2" >/dev/null; }
compile 1 first && compile 2 second
cp -r first out
LD_PRELOAD=$work/kill_at.so KILL_COUNT=$work/calls compile 2 out
read -r calls exchange <calls
# killed_at N: compiles `second` over `first`, killed at call N; `out` is one of them, whole
killed_at() {
  rm -rf out
  cp -r first out
  LD_PRELOAD=$work/kill_at.so KILL_AT=$1 compile 2 out || true
  diff -rq out first >/dev/null || diff -rq out second
}
# All about the step itself, and a sample of the files that are written before and removed after it.
check "the step is in the middle" test $((exchange > 10 && exchange < calls - 10)) = 1
kill_everywhere() {
  local points at
  points=$(seq 1 $((calls / 16)) "$calls"; seq 1 4; seq $((exchange - 4)) $((exchange + 6)); seq $((calls - 3)) "$calls")
  for at in $(echo "$points" | sort -nu); do
    killed_at "$at" 2>/dev/null || { echo "call $at of $calls"; return 1; }
  done
}
check "killed at $calls calls, a folder is the old or the new one" kill_everywhere
ln -s not/yet/there to_nothing
check "a link to nothing yet leads to the folder" compile 1 to_nothing
check "and stays a link" bash -c "test -L to_nothing && diff -r not/yet/there first"
check "below one as well" bash -c "ln -s deep/down nowhere_yet && '$tdc' net.td --seed 1 -o nowhere_yet/out && test -L nowhere_yet && diff -r deep/down/out first"
ln -s circle circle
check "a link to itself leads nowhere" refuses 1 "\`circle\` cannot be written: Too many levels of symbolic links" "$tdc" net.td -o circle
check "a kill leaves something" bash -c "find . -name 'out.tdc-*' | grep -q ."
check "which the next call removes" compile 2 out
check "all of it" nothing_left
rm -rf out
check "also where two folders cannot be exchanged" env NO_EXCHANGE=1 LD_PRELOAD="$work/kill_at.so" "$tdc" net.td --seed 1 -o out
check "over another" env NO_EXCHANGE=1 LD_PRELOAD="$work/kill_at.so" "$tdc" net.td --seed 2 -o out
check "the folder is whole" diff -r out second
check "and alone" nothing_left
side_by_side() {
  local seed
  for seed in 1 2 1 2 1 2; do compile "$seed" "$1" & done
  wait
  diff -rq "$1" first >/dev/null || diff -rq "$1" second
}
for _ in 1 2 3; do
  check "six at once over a folder" side_by_side out
  rm -rf fresh
  check "six at once make one" side_by_side fresh/deep/out
done
check "and leave nothing else" nothing_left
mkdir "out.tdc-new-abc123" "out.tdc-old-abc123"
echo mine >out.tdc-old-abc123/file
check "compiles beside folders that look like leftovers" compile 1 out
check "an empty one goes, one with a file of someone else stays" bash -c "test ! -e out.tdc-new-abc123 && test -f out.tdc-old-abc123/file"
rm -r out.tdc-old-abc123
held() {
  "${run[@]}" --steps 100000000 --keep out >held.log 2>&1 &
  local process=$! ended=0
  under_way
  refuses 1 "in use by another \`tdc\`" "$tdc" net.td -o out || ended=1
  refuses 1 "in use by another \`tdc\`" "${run[@]}" --steps 1 --keep out || ended=1
  kill -INT $process
  wait $process || true
  return $ended
}
check "a run that keeps its folder has it for itself" held
check "until it ends" compile 1 out

# ---- messages that do not arrive ----
for command in "report net.td" "net.td --dump ir" "--help" "--version" "weights show thirty.npz"; do
  # shellcheck disable=SC2086 # words of a command
  check "\`$command\` to a full disk" refuses 1 "standard output cannot be written: No space left" bash -c "'$tdc' $command >/dev/full"
  check "\`$command\` to a closed output" refuses 1 "standard output cannot be written: Bad file descriptor" bash -c "'$tdc' $command >&-"
done
sed 's/Linear(10)/Linear(11)/' net.td >wrong.td
check "messages of a wrong program to a full disk" ends_with 1 bash -c "'$tdc' check wrong.td 2>/dev/full"
check "files are not taken for a closed output" bash -c "'$tdc' run net.td --on host --seed 1 --data '$digits' --steps 30 --save closed.npz --losses closed.csv >&- 2>&-; cmp closed.npz thirty.npz && cmp closed.csv head.csv"

# ---- checks that do not end ----
cat >hangs.sh <<END
source "$root/tests/diff/checks.sh"
forever() { tail -f "$work/hangs.sh" >/dev/null & until [ -s nowhere ]; do sleep 0.1; done; }
check "hangs" forever
check "goes on" true
finish
END
check "a check that hangs fails and is named" refuses 1 $'FAILED: hangs\n    no end after 1 s\n1 passed, 1 failed' env TDC_CHECK_SECONDS=1 bash hangs.sh
check "and what it started has ended" nothing_left

finish
