#!/usr/bin/env bash
# Runs the checks that need Python packages: that the independent programs still give the checked-in vectors, that the
# full-sized transformer trains as the independent one, that folded norms are what NumPy makes of them, and that the
# examples' data is what its scripts make. The packages are pinned and hashed and go into build/venv.
# Usage: tests/python.sh [TDC]       (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/compile_once.sh
source "$root/tests/compile_once.sh"
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
cd "$root"
requirements=(-r tests/diff/requirements.txt -r examples/mlp_digits/requirements.txt -r examples/cct/requirements.txt)
python=build/venv/bin/python
[ -x "$python" ] || python3 -m venv build/venv
install() {
  "$python" -m pip install --quiet --disable-pip-version-check --require-hashes "$@"
}
install "${requirements[@]}"
install --no-deps -r examples/sequences/requirements.txt
failed=0
run() {
  "$python" "$@" || failed=$((failed + 1))
}
run tests/ops/oracle.py --check
run tests/diff/make_vectors.py --check
run tests/examples/data_test.py
run tests/diff/numpy_files.py "$tdc"
run tests/diff/folded_norms.py "$tdc"
run tests/diff/compare_cct.py "$tdc"
exit $((failed > 0))
