#!/usr/bin/env bash
# The transformer from end to end in every fine-tuning strategy: the same bytes on the host and under QEMU,
# small over a grid of batches and accumulation, and full-sized as examples/cct is used; adapters that are
# fresh, tuned and merged; weights from elsewhere.
# Usage: tests/diff/cct.sh [TDC]           (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
example=$root/examples/cct
vectors=$root/tests/diff/vectors
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"

# train NAME TARGET FILE STRATEGY OPTIONS...: three updates; weights and losses in NAME-TARGET.npz and .csv
train() {
  local name=$1 target=$2 file=$3 strategy=$4
  shift 4
  "$tdc" run "$file" --train "$strategy" --on "$target" --steps 3 --save "$name-$target.npz" \
    --losses "$name-$target.csv" "$@" >"$name-$target.log" 2>&1
}

# Two at a time, each in a process of its own; what they left is checked afterwards.
running=0
start() {
  if [ $running = 2 ]; then
    wait -n || true
    running=1
  fi
  train "$@" &
  running=$((running + 1))
}
# same_bytes NAME WHAT: on both targets
same_bytes() {
  check "$2: trained on the host" test -s "$1-host.npz" || cat "$1-host.log"
  check "$2: trained under QEMU" test -s "$1-qemu.npz" || cat "$1-qemu.log"
  check "$2: the same weights" cmp "$1-host.npz" "$1-qemu.npz"
  check "$2: the same losses" cmp "$1-host.csv" "$1-qemu.csv"
  check "$2: a row per update" test "$(wc -l <"$1-host.csv")" = 4
}

strategies="lp ft1 ft2 lora1 lora2"
for batch in 1 3; do
  for accumulate in 1 2; do
    # One clause in every block, at a rate that keeps three updates in the region of training.
    grid=$batch-$accumulate
    sed -e '/^  batch /d' -e "s/sgd(lr: 1.0)/sgd(lr: 0.05)\n  batch $batch accumulate $accumulate/" \
      "$root/tests/diff/cct_small.td" >"$grid.td"
    for strategy in $strategies; do
      weights=$vectors/cct_small_weights.npz
      if [[ $strategy == lora* ]]; then weights=$vectors/cct_small_${strategy}_weights.npz; fi
      for target in host qemu; do
        start "$grid-$strategy" $target "$grid.td" "$strategy" --data "$vectors/cct_small_data.npz" --weights "$weights"
      done
    done
  done
done
for strategy in $strategies; do
  for target in host qemu; do
    start "full-$strategy" $target "$example/cct.td" "$strategy" --deploy cluster --data "$example/shifted_train.npz"
  done
done
wait

for batch in 1 3; do
  for accumulate in 1 2; do
    for strategy in $strategies; do
      same_bytes "$batch-$accumulate-$strategy" "small $strategy, batch $batch accumulate $accumulate"
    done
  done
done
for strategy in $strategies; do
  same_bytes "full-$strategy" "$strategy"
done
check "strategies differ" test "$(sha256sum ./*-host.npz | cut -c -64 | sort -u | wc -l)" = 25

# Fresh adapters change nothing: the strategies of the full-sized net started from the same random weights.
check "all strategies start at the same loss" test "$(sed -s -n 2p full-*-host.csv | sort -u | wc -l)" = 1

# host_run ARGUMENTS...: cct.td
host_run() {
  "$tdc" run "$example/cct.td" --on host "$@"
}
# logits NAME STRATEGY WEIGHTS: those of 40 images
logits() {
  host_run --infer --samples 40 --data "$example/shifted_test.npz" --train "$2" --weights "$3" --save "$1.npz"
}
shipped=$example/pretrained.safetensors
check "logits of the shipped net" logits shipped ft2 "$shipped"
check "logits with fresh adapters" logits fresh lora2 "$shipped"
check "fresh adapters change no logit" cmp shipped.npz fresh.npz
check "tunes adapters" host_run --train adapt_lora --data "$example/shifted_train.npz" --steps 40 \
  --weights "$shipped" --save tuned.npz
check "merges them" "$tdc" weights merge "$example/cct.td" --train adapt_lora --weights tuned.npz --save merged.safetensors
check "logits of the tuned net" logits tuned-logits adapt_lora tuned.npz
check "logits of the merged plain net" logits merged-logits ft2 merged.safetensors
# relative A B: |a - b| / |a| over all logits of two files, or nothing if they are equal
relative() {
  { "$tdc" weights diff "$1" "$2" || true; } | awk '$1 == "logits" { print $NF }'
}
check "the merged net agrees to 1e-6" awk -v d="$(relative tuned-logits.npz merged-logits.npz)" 'BEGIN { exit !(d <= 1e-6) }'
check "and tuning has moved the logits" awk -v d="$(relative shipped.npz merged-logits.npz)" 'BEGIN { exit !(d > 1e-2) }'
# What a strategy trained, and nothing else, is what `diff` tells.
differing() {
  { "$tdc" weights diff "$1" "$2" || true; } | awk '/^(blocks|head|norm|pool|pos|tokenizer)/ { sub(":", "", $1); print $1 }' | sort
}
trained=$(printf '%s\n' blocks.{0,1}.{attn.{q,k,v,proj},mlp.{fc1,fc2}}.weight {head,pool}.{weight,bias} | sort)
adapted=$(printf '%s\n' blocks.{0,1}.{attn.{q,k,v,proj},mlp.{fc1,fc2}}.lora_{a,b} {head,pool}.{weight,bias} | sort)
check "diff tells what merging changed" diff <(echo "$trained") <(differing "$shipped" merged.safetensors)
check "diff tells what tuning changed" diff <(echo "$adapted") <(differing "$shipped" tuned.npz)

# The bytes that `safetensors.torch.save_file` writes for a model whose names are in another order.
python3 - "$shipped" torch.safetensors <<'PY'
import json, sys
content = open(sys.argv[1], "rb").read()
begin = 8 + int.from_bytes(content[:8], "little")
entries = json.loads(content[8:begin])
header, data = {"__metadata__": {"format": "pt"}}, b""
for name in sorted(set(entries) - {"__metadata__"}, reverse=True):
    first, last = entries[name]["data_offsets"]
    header[name] = {"dtype": "F32", "shape": entries[name]["shape"], "data_offsets": [len(data), len(data) + last - first]}
    data += content[begin + first : begin + last]
text = json.dumps(header, separators=(",", ":")).encode()
text += b" " * (-len(text) % 8)
open(sys.argv[2], "wb").write(len(text).to_bytes(8, "little") + text + data)
PY
check "weights from PyTorch load with no map" logits torch ft2 torch.safetensors
check "and are the same net" cmp shipped.npz torch.npz

finish
