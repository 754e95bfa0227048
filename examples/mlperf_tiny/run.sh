#!/usr/bin/env bash
# The four reference models of MLPerf Tiny: installs what is missing, builds tdc, makes data, trains each model whole on
# this machine and says how well it does on data that it has not seen; then trains its last block for some steps in an
# emulated RISC-V program, which must give the same bytes. Leaves everything in build/mlperf_tiny/.
# Usage: run.sh [MODEL...]      (resnet8, ds_cnn, mobilenet_v1, deep_ae; without a word all of them)
set -euo pipefail
cd "$(dirname "$0")/../.."
example=examples/mlperf_tiny
out=build/mlperf_tiny

echo "== installing what is missing, and building tdc (about ten minutes on two cores the first time)"
tdc=$(.ci/tdc qemu)
mkdir -p "$out"

# learns MODEL STEPS METRIC AT_LEAST|AT_MOST LIMIT
learns() {
  local model=$1 steps=$2 metric=$3 kind=$4 limit=$5 program="$example/$1.td" data="$out/$1"
  local common=(--deploy host --data "${data}_train.npz")
  echo
  echo "== $model"
  python3 "$example/make_data.py" "$model" "${data}_train.npz" "${data}_test.npz"
  "$tdc" run "$program" --train full --on host "${common[@]}" --steps "$steps" --shuffle --save "${data}_trained.npz"
  "$tdc" run "$program" --train full --on host --eval --deploy host --data "${data}_test.npz" \
    --weights "${data}_trained.npz" | tee "$out/eval.log"

  echo "-- the last block of $model for two updates, on this machine and in an emulated RISC-V program"
  for target in host qemu; do
    "$tdc" run "$program" --train last_block --on "$target" "${common[@]}" --steps 2 --weights "${data}_trained.npz" \
      --save "${data}_$target.npz" | grep '^trained'
  done
  cmp "${data}_host.npz" "${data}_qemu.npz"
  awk -v metric="$metric" -v kind="$kind" -v limit="$limit" -v model="$model" '
    $1 == metric { seen = 1; good = kind == "at_least" ? $2 >= limit : $2 <= limit; value = $2 }
    END {
      sub("_", " ", kind)
      printf "%s: %s %s of data it has not seen (wanted: %s %s); same bytes on host and QEMU\n", model, metric, value, kind, limit
      exit !(seen && good)
    }' "$out/eval.log" | tee -a "$out/results.txt"
}

rm -f "$out/results.txt"
for model in "${@:-resnet8 ds_cnn mobilenet_v1 deep_ae}"; do
  for each in $model; do
    case $each in
      resnet8) learns resnet8 300 accuracy at_least 0.9 ;;
      ds_cnn) learns ds_cnn 600 accuracy at_least 0.85 ;;
      mobilenet_v1) learns mobilenet_v1 500 accuracy at_least 0.8 ;;
      deep_ae) learns deep_ae 2000 loss at_most 0.01 ;;
      *) echo "no model \`$each\`: resnet8, ds_cnn, mobilenet_v1 or deep_ae" >&2; exit 2 ;;
    esac
  done
done
echo
cat "$out/results.txt"
