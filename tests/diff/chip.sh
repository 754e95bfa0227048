#!/usr/bin/env bash
# `tdc run --on rtl`: training on the simulated chip gives the host's bytes, whatever the number of cores, and
# says where the cycles went; faults reach the user. The chip is the one that tdc builds, in build/cache.
# Usage: tests/diff/chip.sh [TDC]          (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
example=$root/examples/mlp_digits
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"

# run ARGUMENTS...: the example on its training digits
run() { "$tdc" run "$example/mlp_digits.td" --data "$example/digits_train.npz" "$@"; }
# train NAME ARGUMENTS...: two steps; weights, losses and text in NAME.*
train() {
  local name=$1
  shift
  run --steps 2 --save "$name.npz" --losses "$name.csv" "$@" >"$name.log" 2>"$name.errors" ||
    { cat "$name.log" "$name.errors"; return 1; }
}
# says NAME PATTERN: the text of that run has a line like it
says() { grep -qE -- "$2" "$1.log" || { cat "$1.log"; return 1; }; }
# report NAME EXPRESSION: it holds of `r`, the report of that run
report() {
  python3 -c 'import json, sys; r = json.load(open(sys.argv[1])); p = r.get("profile"); assert eval(sys.argv[2]), p' \
    "$1/report.json" "$2"
}

as_planned='all(q["dma_in_bytes"] == q["planned_in_bytes"] and q["dma_out_bytes"] == q["planned_out_bytes"] for q in p["steps"])'

export TDC_CACHE=$root/build/cache
check "the chip is built" bash -c '"$0" chip >/dev/null' "$tdc"
check "trains on the host" train host --on host
check "trains under QEMU" train qemu --on qemu
check "QEMU gives the host's weights" cmp host.npz qemu.npz
for cores in 1 2 3 8; do
  check "trains on $cores cores" train "cores$cores" --on rtl --set cores=$cores --set cores_per_fpu=1
  check "$cores cores give the host's weights" cmp host.npz "cores$cores.npz"
  check "$cores cores give the host's losses" cmp host.csv "cores$cores.csv"
done

# Other nets: convolutions, and a small transformer.
for net in cnn cct_small; do
  sed 's/^use std.nn$/use std.nn\nuse std.chips/' "$root/tests/diff/$net.td" >$net.td
  echo 'deploy cluster on pulp_cluster { budget L1 <= 128 KiB, L2 <= 2 MiB }' >>$net.td
  for target in host rtl; do
    check "$net trains on $target" "$tdc" run $net.td --on $target --data "$root/tests/diff/vectors/${net}_data.npz" \
      --steps 1 --save $net.$target.npz
  done
  check "$net learns the same" cmp $net.host.npz $net.rtl.npz
  # Operands in the scratchpad, in many pieces.
  echo 'deploy tight on pulp_cluster { budget L1 <= 36 KiB }' >>$net.td
  check "$net trains on rtl from a scratchpad" "$tdc" run $net.td --deploy tight --on rtl \
    --data "$root/tests/diff/vectors/${net}_data.npz" --steps 1 --save $net.tight.npz --profile --keep $net.tight
  check "$net learns the same from there" cmp $net.host.npz $net.tight.npz
  check "$net moves what was planned, to the byte" report $net.tight "$as_planned"
  # A matrix engine beside the cores, in all of L1 and in little.
  echo 'deploy engine on pulp_cluster_engine {}' >>$net.td
  echo 'deploy tight_engine on pulp_cluster_engine { budget L1 <= 36 KiB }' >>$net.td
  for deploy in engine tight_engine; do
    for target in host qemu rtl; do
      timeline=()
      [ $target != rtl ] || timeline=(--timeline $net.$deploy.svg)
      check "$net trains on $target, $deploy" "$tdc" run $net.td --deploy $deploy --on $target \
        --data "$root/tests/diff/vectors/${net}_data.npz" --steps 1 --save $net.$deploy.$target.npz --keep $net.$deploy.$target "${timeline[@]}"
      check "$net learns the same on $target, $deploy" cmp $net.host.npz $net.$deploy.$target.npz
    done
    check "the timeline of $net shows the engine, $deploy" bash -c \
      'grep -q ">matrix engine</text>" "$0" && grep -q "class=\"engine0\" d=\"M" "$0"' $net.$deploy.svg
    check "$net has work for the engine, $deploy" bash -c \
      "python3 -c 'import json; assert any(s[\"on\"] == \"engine\" for s in json.load(open(\"$net.$deploy.rtl/report.json\"))[\"steps\"])'"
  done
  # Weights where only the DMA reaches: the most of L2 that does not hold them all, however short strips are.
  l2=$(python3 -c 'import json, sys
print(*[m["used_bytes"] // 1024 + 1 for m in json.load(open(sys.argv[1]))["memory"] if m["level"] == "L2"])' $net.tight/report.json)
  streams() { echo "deploy streams on pulp_cluster { budget L1 <= 36 KiB, L2 <= $l2 KiB }" | cat $net.td - >$net.streams.td; }
  streams
  while [ "$l2" -gt 0 ] && "$tdc" $net.streams.td --deploy streams --without stream_weights -o $net.fits >$net.fits.log 2>&1; do
    l2=$((l2 - 1))
    streams
  done
  check "$net trains on rtl with weights in L3" "$tdc" run $net.streams.td --deploy streams --on rtl \
    --data "$root/tests/diff/vectors/${net}_data.npz" --steps 1 --save $net.streams.npz --profile --keep $net.streams
  check "$net learns the same from there, too" cmp $net.host.npz $net.streams.npz
  check "$net moves what was planned from there" report $net.streams "$as_planned"
  check "$net streams some of it" bash -c \
    "python3 -c 'import json; assert any(s[\"streamed_in_bytes\"] for s in json.load(open(\"$net.streams/report.json\"))[\"steps\"])'"
done

check "trains with shared FPUs" train shared --on rtl --keep kept
check "shared FPUs give the host's weights too" cmp host.npz shared.npz
check "the peak is named" says shared "FLOP/cycle of a peak of 8 \(4 shared FPUs\)$"
check "another peak is named" says cores8 "FLOP/cycle of a peak of 16 \(8 private FPUs\)$"
check "a peak of one FPU is named" says cores1 "FLOP/cycle of a peak of 2 \(1 private FPU\)$"
for row in instructions "FPU contention" "bank conflicts" load-use branches I-cache "L2 accesses" barriers DMA; do
  check "it says of each core: $row" says shared "^  $row +([0-9,]+ +){8}[0-9.]+ %$"
done
check "one core waits for nobody's FPU" says cores1 "^  FPU contention +0 +0.0 %$"
check "one core has no barrier to wait at for long" bash -c \
  '[ "$(awk "/^  barriers/ { sub(/,/, \"\", \$2); print (\$2 < 5000) }" cores1.log)" = 1 ]'
check "parameters are printed" says shared "barrier_wake_cycles=10"
check "overrides are marked" says cores3 "cores=3 \(changed\)"
check "what is no override is not marked" bash -c '! grep -q changed shared.log'
# A line a second: these steps take several.
check "progress has cycles and the time left" bash -c '
  "$@" --steps 8 --set cores=1 --set cores_per_fpu=1 2>&1 >/dev/null |
    grep -E "step [1-7] of 8, loss 2\.[23][0-9]{2}, [0-9,]+ cycles, [0-9]+ k/s, 0:[0-9]+ left" >/dev/null' \
  bash "$tdc" run "$example/mlp_digits.td" --data "$example/digits_train.npz" --on rtl

check "trains with markers" train profile --on rtl --profile --keep profiled
check "markers change no number" cmp host.npz profile.npz
check "the profile has a row per op" says profile "^ +[0-9]+ matmul +gradient\(fc1.weight\) +2 .*( +[0-9.]+ %){11}$"
check "report.json has a row per step of the training step" report profiled \
  'len(p["steps"]) == sum(s["entry_point"] == "train_step" for s in r["steps"])'
check "its rows are those of the steps" report profiled \
  'all(any(s["step"] == q["step"] and s["op"] == q["op"] and 2 * s["flop"] == q["flop"] for s in r["steps"]) for q in p["steps"])'
check "cycles of the rows are those of the model, but for what lies between" report profiled \
  '0.9 * p["chip"]["model_cycles"] < sum(q["cycles"] for q in p["steps"]) <= p["chip"]["cycles"]'
check "small tiled programs take the cycles on record" python3 "$root/tests/diff/golden_cycles.py" "$tdc"
check "cycles were predicted within 15 %, and within 40 % of a step that takes more than 5 %" report profiled \
  'abs(sum(q["predicted_cycles"] for q in p["steps"]) / p["chip"]["model_cycles"] - 1) < 0.15 and \
   all(abs(q["predicted_cycles"] / q["cycles"] - 1) < 0.4 for q in p["steps"] if q["cycles"] > 0.05 * p["chip"]["model_cycles"])'
check "the DMA moves what was planned for each step, to the byte" report profiled "$as_planned"
check "and that is something" report profiled \
  'min(sum(q[k] for q in p["steps"]) for k in ("dma_in_bytes", "dma_out_bytes")) > 10000'
check "events of the rows are no more than those of the cores" report profiled \
  'all(0 < sum(q["events"][e] for q in p["steps"]) <= sum(c[e] for c in p["chip"]["cores"]) for e in ("instructions", "l2_wait"))'
check "the profile says of cores and DMA for how long they were idle" bash -c \
  '[ "$(grep -cE "^  (core [0-7]|DMA) +[0-9,]+ +[0-9.]+ % +[0-9,]+ +[0-9.]+ %$" profile.log)" = 9 ]'
# A picture of the second step, of one that has less than a millisecond.
for name in once twice; do check "draws a timeline, $name" train "$name" --on rtl --timeline $name.svg --keep $name; done
check "it is the second step's" says once "^timeline of step 2 of 2 in once.svg$"
check "it is the same twice" cmp once.svg twice.svg
check "drawing changes no number" cmp host.npz once.npz
check "without --profile there is none beside it" bash -c '! grep -q "^  agent" once.log'
check "the chip's own record lies in the folder that is kept" grep -qE "^core7 job_wait [0-9]+ [0-9]+$" once/build/chip_timeline.txt
# picture_agrees NAME: shares of its picture, of the last step of the run, are those of the record
picture_agrees() {
  python3 - "$1.svg" "$1/build/chip_timeline.txt" <<'END'
import sys, xml.etree.ElementTree as tree
texts = [text.text for text in tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}text")]
length = int(texts[1].split()[0].replace(",", ""))
*lines, (_, end) = [line.split() for line in open(sys.argv[2])]
end = int(end)
begin = end - length
marks = [(int(what), int(a)) for lane, what, a, _ in lines if lane in ("step", "transfers")]
assert (marks[0][0], begin) in marks[1:], "the step begins with the marker that the run begins with"
for lane, name in [("dma_in", "DMA into L1"), ("dma_out", "DMA out of L1"), *((f"core{i}", f"core {i}") for i in range(8))]:
    busy = sum(max(0, int(b) - max(begin, int(a))) for each, what, a, b in lines if each == lane and "wait" not in what)
    said = float(texts[texts.index(name) + 1].split()[0])
    assert 0 < busy and abs(said - 100 * (1 - busy / length)) < 0.06, (lane, said, busy, length)
END
}
check "its idle shares are those of the record" picture_agrees once
check "without --profile report.json is the compiler's" bash -c \
  '"$0" "$1" -o compiled >/dev/null && cmp compiled/report.json kept/report.json' "$tdc" "$example/mlp_digits.td"
# The same program with the markers' lines taken out.
without_markers() {
  cp -r kept bare && rm -r bare/build && sed -i '/TD_MARK/d' bare/mlp.c && make --silent -C bare PLATFORM=pulp_cluster &&
    for each in kept bare; do riscv64-unknown-elf-objcopy -O binary "$each/build/pulp_cluster/mlp" "$each.bin"; done &&
    cmp kept.bin bare.bin
}
check "markers cost nothing when off" without_markers

check "trains again" train again --on rtl --trace trace --trace-window 50000:51000
cycles() { sed -n '/^the chip: /,/what each is/p' "$1.log"; }
check "cycles and counts are the same twice" bash -c "$(declare -f cycles); diff <(cycles shared) <(cycles again)"
check "the trace is of its window" awk '$1 < 50000 || $1 >= 51000 { exit 1 } END { exit NR < 100 }' trace
check "the trace names cores, places and lines" grep -qE '^50[0-9]{3} [0-7] 1c[0-9a-f]{6} ([0-9a-f]{8}|[0-9a-f]{4}) `[a-z0-9_]+` at [a-z0-9_]+\.[ch]:[0-9]+$' trace
check "evaluates" run --on rtl --eval --samples 2 --cycle-limit 5000000
evaluation() { run --on "$1" --eval --samples 3 2>/dev/null | grep -E "^  (loss|accuracy)"; }
check "evaluates as the host does" diff <(evaluation host) <(evaluation rtl)

# The ways in which a run can end, as on the host.
# shellcheck source=tests/diff/scale_net.sh
source "$root/tests/diff/scale_net.sh"
scale_net
scale=("$tdc" run scale.td --data scale.npz)
check "a loss that is infinite names its sample" refuses 1 "the loss is inf in update 2, at sample 6 of \`scale.npz\`" \
  "${scale[@]}" --on rtl --save scale.rtl.npz --losses scale.rtl.csv
for target in host rtl; do
  check "$target: one update" "${scale[@]}" --on $target --steps 1 --save one.$target.npz
  check "$target: who wants to goes on" "${scale[@]}" --on $target --keep-going --losses on.$target.csv
done
check "the weights before it are saved" cmp scale.rtl.npz one.rtl.npz
check "they are the host's" cmp one.host.npz one.rtl.npz
check "its losses are those that the host has" cmp <(head -n 3 on.host.csv) scale.rtl.csv
check "and so on" cmp on.host.csv on.rtl.csv
# stopped SIGNAL: a run that a signal ends after some updates, whose weights and losses are in stopped.*
stopped() {
  local process status=0
  env --default-signal "$tdc" run scale.td --data fine.npz --on rtl --steps 1000000 --save stopped.npz --losses stopped.csv >stopped.log 2>&1 &
  process=$!
  for _ in $(seq 600); do
    if grep -q "step [0-9]* of" stopped.log; then break; fi
    sleep 0.1
  done
  kill "-$1" $process
  wait $process || status=$?
  cat stopped.log
  [ $status = 130 ] && grep -q "interrupted after" stopped.log
}
updates_done() { "$tdc" run scale.td --data fine.npz --on host --steps $(($(wc -l <stopped.csv) - 1)) --save until.npz && cmp stopped.npz until.npz; }
for signal in INT TERM; do
  check "SIG$signal ends a run" stopped $signal
  check "SIG$signal: with the weights of its last update" updates_done
done

# The chip is the one of the chip file.
# on_chip NAME EDIT: the digits' net in NAME.td, for pulp_cluster with that change
on_chip() {
  {
    sed 's/ on pulp_cluster / on mine /; /^ *budget /d' "$example/mlp_digits.td"
    sed -n '/^chip pulp_cluster {/,/^}/p' "$root/stdlib/chips.td" | sed "s/^chip .*/chip mine {/; $2"
  } >"$1.td"
}
# on NAME ARGUMENTS...: two steps of it
on() { "$tdc" run "$1.td" --data "$example/digits_train.npz" --on rtl --steps 2 "${@:2}" >"$1.log" 2>&1 || { cat "$1.log"; return 1; }; }
on_chip two 's/cores .*/cores 2/; s/L2, size: 2 MiB/L2, size: 4 MiB/; s/L3, size: 32 MiB/L3, size: 64 MiB/'
check "a chip file with two cores and other memories" on two --save two.npz
check "gives the host's weights" cmp host.npz two.npz
for parameter in cores=2 l2_bytes=4194304 l3_bytes=67108864; do
  check "its $parameter is simulated" says two "^ *$parameter \(changed\)|[ ,]$parameter \(changed\)"
done
check "what --set says wins" on two --set cores=1
check "over the chip file" says two "cores=1 \(changed\)"
on_chip large 's/L2, size: 2 MiB/L2, size: 48 MiB/'
check "a memory larger than can be simulated is refused" refuses 1 \
  "\`mine\` has 48 MiB of L2, the simulated chip can have 64 KiB to 32 MiB" "$tdc" run large.td --data "$example/digits_train.npz" --on rtl
on_chip small 's/L1, size: 128 KiB/L1, size: 512 KiB/'
check "so is the scratchpad" refuses 1 "\`mine\` has 512 KiB of L1, the simulated chip can have 1 KiB to 256 KiB" \
  "$tdc" run small.td --data "$example/digits_train.npz" --on rtl
on_chip fourth 's/^  tensors .*/  memory L4, size: 1 MiB\n&/'
check "a memory that the chip does not have is refused" refuses 1 \
  "\`mine\` has a memory \`L4\`, the simulated chip has only L1, L2 and L3" "$tdc" run fourth.td --data "$example/digits_train.npz" --on rtl

# A board that somebody ported to needs what the porting guide says and nothing else.
check "the porting guide's board trains to the host's bytes" python3 "$root/tests/diff/board.py" kept mlp \
  "$example/digits_train.npz" host.csv host.npz

# Faults. A compiler in front of the real one puts a statement into the kernel of relu.
real=$(compiler riscv64-unknown-elf-gcc)
mkdir tools
cat >tools/riscv64-unknown-elf-gcc <<END
#!/bin/sh
case " \$* " in *" kernels/relu.c "*) sed -i "s|  TD_MAP_UNARY(args, team, td_relu_of);|\$statement|" kernels/relu.c ;; esac
exec $real "\$@"
END
chmod +x tools/riscv64-unknown-elf-gcc
line=$(grep -n "TD_MAP_UNARY(args, team, td_relu_of);" "$root/kernels/relu.c" | cut -d: -f1)
# fault STATUS STATEMENT TEXT...: the run ends with the status and says all the texts
fault() {
  local ended=0 text
  statement="$2 (void)args; (void)team;" PATH=$work/tools:$PATH run --on rtl --steps 1 --cycle-limit 3000000 >fault.log 2>&1 || ended=$?
  [ $ended = "$1" ] || { echo "status $ended"; cat fault.log; return 1; }
  shift 2
  for text in "$@"; do grep -qF -- "$text" fault.log || { echo "does not say: $text"; cat fault.log; return 1; }; done
}
where="in \`td_relu_f32\` at relu.c:$line"
check "wild access" fault 101 "((volatile float*)args->y)[1 << 14] = 1.0f;" "wild access: store" "core " "pc 0x1c" "$where" "past the end of \`mlp_arena_L1\`"
check "misaligned access" fault 102 "(void)*(volatile uint32_t*)((uintptr_t)args->y + 1);" "misaligned access" "$where" "of \`mlp_arena_L1\`"
check "illegal instruction" fault 103 '__asm__ volatile(\".4byte 0xffffffff\");' "illegal instruction" "core " "in \`td_relu_f32\` at relu.c:"
check "stack overflow" fault 104 "volatile float deep[4096]; for (int32_t i = 4095; i >= 0; --i) deep[i] = 1.0f; (void)deep[0];" "stack overflow" "core " "in \`td_relu_f32\` at relu.c:"
check "DMA out of range" fault 105 "td_dma_copy((void*)args->y, (void*)0x10ff0000, 64, 1, 0, 0); td_dma_wait_all();" "DMA out of range" "0x10ff0000"
check "data race" fault 106 "((volatile float*)args->y)[0] = (float)team.core;" "data race" "$where" "byte " "of \`mlp_arena_L1\`"
check "deadlock" fault 107 "if (team.core == 0) { td_team_barrier(team); td_team_barrier(team); }" "deadlock" "core 0 at a barrier" "core 1 without a job"
check "cycle limit" fault 108 "while (team.core == 3) { __asm__ volatile(\\\"nop\\\"); }" "cycle limit: after 3000000 cycles" "core 3 runs at"

# The transformer's code for the chip, from both compilers, holds no instruction that tests/soc does not know.
check "the transformer compiles for the chip" "$tdc" "$root/examples/cct/cct.td" --train lora1 --deploy cluster -o cct
for compiler in riscv64-unknown-elf-gcc clang-19; do
  check "$compiler builds it" make -s -C cct PLATFORM=pulp_cluster CC=$compiler OUT="build/$compiler"
  check "every instruction of $compiler's is tested" python3 "$root/tests/soc/mnemonics.py" "cct/build/$compiler/cct"
done

check "an unknown parameter is refused" refuses 2 "nonsense" run --on rtl --set nonsense=1
check "a parameter out of its range is refused" refuses 2 "cores" run --on rtl --set cores=17
check "a chip with more cores than the program has stacks is refused" refuses 2 "stacks for 8 cores, the chip has 16" run --on rtl --set cores=16
for option in "--set cores=1" "--cycle-limit 9" --profile "--timeline t" "--trace t" "--trace t --trace-window 1:2"; do
  # shellcheck disable=SC2086
  check "$option is not for QEMU" refuses 2 "it is for \`--on rtl\`" run --on qemu $option
  # shellcheck disable=SC2086
  check "$option is not for the host" refuses 2 "\`${option%% *}\` is about the simulated chip" run --on host $option
done
check "a timeline that cannot be written is refused" refuses 1 "cannot be written" run --on rtl --timeline nowhere/t.svg
check "a trace that cannot be written is refused" refuses 1 "cannot be written" run --on rtl --trace nowhere/trace
check "a window without a trace is refused" refuses 2 "give \`--trace FILE\`" run --on rtl --trace-window 1:2
for window in 5 5:5 9:5 a:b 1:2:3 -1:5; do
  check "the window $window is refused" refuses 2 "is no window of cycles" run --on rtl --trace t --trace-window=$window
done

finish
