# shellcheck shell=bash disable=SC2154
# For scripts that train an example with several models; to be sourced. Expects `example`, its folder, whose models.sh says what
# there is, and later `out`, where results go, `tdc`, and for `agrees` `block` and `deploy`, the blocks that it trains with.
# What fails ends the function, also where `set -e` has no effect.
# shellcheck source=examples/sequences/models.sh
source "$example/models.sh"

# data_of MODEL: its data, which the example's folder has or its script makes
data_of() {
  if [ -f "$example/$1_train.npz" ]; then
    cp "$example/$1_train.npz" "$example/$1_test.npz" "$out/"
    return
  fi
  python3 "$example/make_data.py" "$1" "$out/$1_train.npz" "$out/$1_test.npz"
}

# agrees MODEL [OPTION...]: two updates on this machine and in an emulated RISC-V program, which must give the same bytes
agrees() {
  local model=$1 target
  shift
  for target in host qemu; do
    "$tdc" run "$example/$model.td" --train "$block" --on "$target" --deploy "$deploy" --data "$out/${model}_train.npz" \
      --steps 2 --save "$out/${model}_$target.npz" "$@" | grep '^trained' || return 1
  done
  cmp "$out/${model}_host.npz" "$out/${model}_qemu.npz"
}

# learns MODEL STEPS METRIC AT_LEAST|AT_MOST LIMIT: trains it with its block `full`, tests it on data that it has not seen,
# and goes on for two updates as `agrees` does
learns() {
  local model=$1 steps=$2 metric=$3 kind=$4 limit=$5 data="$out/$1"
  local common=(run "$example/$1.td" --train full --on host --deploy host)
  echo
  echo "== $model"
  data_of "$model" || return 1
  "$tdc" "${common[@]}" --data "${data}_train.npz" --steps "$steps" --shuffle --save "${data}_trained.npz" || return 1
  "$tdc" "${common[@]}" --eval --data "${data}_test.npz" --weights "${data}_trained.npz" | tee "$out/eval.log" || return 1

  echo "-- \`$block\` of $model for two updates, on this machine and in an emulated RISC-V program"
  agrees "$model" --weights "${data}_trained.npz" || return 1
  awk -v metric="$metric" -v kind="$kind" -v limit="$limit" -v model="$model" '
    $1 == metric { seen = 1; good = kind == "at_least" ? $2 >= limit : $2 <= limit; value = $2 }
    END {
      sub("_", " ", kind)
      printf "%s: %s %s of data it has not seen (wanted: %s %s); same bytes on host and QEMU\n", model, metric, value, kind, limit
      exit !(seen && good)
    }' "$out/eval.log" | tee -a "$out/results.txt"
}

# line_of MODEL: what models.sh says of it; status 2 if it says nothing
line_of() {
  local line names=("${models[@]%% *}") all
  for line in "${models[@]}"; do
    if [ "${line%% *}" = "$1" ]; then echo "$line" && return; fi
  done
  printf -v all '%s, ' "${names[@]::${#names[@]}-1}"
  echo "no model \`$1\`: expected ${all%, } or ${names[-1]}" >&2
  return 2
}

# learn MODEL: `learns` with its line
learn() {
  local line
  line=$(line_of "$1") || return
  # shellcheck disable=SC2086 # its words
  learns $line
}

# learn_each [MODEL...]: all models, or those named, one after another; prints in the end how well each does
learn_each() {
  local model
  mkdir -p "$out"
  rm -f "$out/results.txt"
  for model in "${@:-${models[@]%% *}}"; do learn "$model" || return; done
  echo
  cat "$out/results.txt"
}
