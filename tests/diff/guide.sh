#!/usr/bin/env bash
# What a newcomer does first: every command of examples/README.md in an empty folder, in its order, with what it says there;
# and the models of examples/sequences, one with every commit, with what they learn and the same bytes on host and QEMU.
# Usage: tests/diff/guide.sh [TDC]       (default: the dev build)
set -euo pipefail
repo=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$repo/build/dev/compiler/tdc}")
export repo
PATH=$(dirname "$tdc"):$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# shellcheck source=tests/diff/checks.sh
source "$repo/tests/diff/checks.sh"

# blocks KIND: the lines of all blocks of the tutorial that are marked with it
blocks() {
  awk -v kind="$1" '/^```/ { inside = $0 == "```" kind; next } inside' "$repo/examples/README.md"
}

# says TEXT LOG: every line of the first file stands in the second
says() {
  while IFS= read -r line; do
    grep -qxF -- "$line" "$2" || { echo "nothing says: $line"; cat "$2"; return 1; }
  done <"$1"
}

blocks sh >commands.sh
blocks text >said
check "the tutorial has its commands" test "$(grep -c '^tdc ' commands.sh)" -ge 10
check "every command of the tutorial" bash -c 'set -euo pipefail; source ./commands.sh >log'
check "says what stands there" says said log
accuracies() { awk '$1 == "accuracy" { n += $2 > 0.9 } END { exit n != 2 }' log; }
check "its nets learn" accuracies
check "a table with a word in it is refused" refuses 1 "bad.csv:3:" \
  bash -c "printf 'a,b,class\n1,2,x\n1,many,x\n' >bad.csv; python3 '$repo/examples/own_data/to_npz.py' bad.csv i t a.npz b.npz"
check "so is a folder without recordings" refuses 1 "no files CLASS/*.npy" \
  bash -c "mkdir empty; python3 '$repo/examples/own_data/to_npz.py' empty i t a.npz b.npz"

example=$repo/examples/sequences out=$work block=full deploy=mcu
# shellcheck source=examples/learns.sh
source "$repo/examples/learns.sh"
model=${models[${TDC_TURN:-0} % ${#models[@]}]%% *}
check "$model learns, and has the same bytes on QEMU" learn "$model"

check "a model that there is not is refused before anything is built" refuses 2 "no model \`har\`: expected resnet8, ds_cnn, mobilenet_v1 or deep_ae" \
  "$repo/examples/mlperf_tiny/run.sh" ds_cnn har
check "also alone" refuses 2 "no model \`nothing\`: expected kws, har, speaker or char_gpt" learn nothing

finish
