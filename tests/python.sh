#!/usr/bin/env bash
# Runs the checks that need Python packages: that the independent programs still give the checked-in
# vectors, and that the examples' data is what its scripts make. The packages are pinned and hashed and
# go into build/venv. Usage: tests/python.sh
set -euo pipefail
cd "$(dirname "$0")/.."
requirements=(-r tests/diff/requirements.txt -r examples/mlp_digits/requirements.txt -r examples/cct/requirements.txt)
python=build/venv/bin/python
[ -x "$python" ] || python3 -m venv build/venv
"$python" -m pip install --quiet --disable-pip-version-check --require-hashes "${requirements[@]}"
failed=0
for check in "tests/ops/oracle.py --check" "tests/diff/make_vectors.py --check" "tests/examples/data_test.py"; do
  # shellcheck disable=SC2086 # the check's arguments are words of their own
  "$python" $check || failed=$((failed + 1))
done
exit $((failed > 0))
