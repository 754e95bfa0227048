#!/usr/bin/env bash
# Words, movements, voices and a text: installs what is missing, builds tdc, trains each model on this machine and says how
# well it does on data that it has not seen; then trains it for two updates in an emulated microcontroller, which must give
# the same bytes. Leaves everything in build/sequences/.
# Usage: run.sh [MODEL...]      (kws, har, speaker, char_gpt; without a word all of them)
set -euo pipefail
cd "$(dirname "$0")/../.."
example=examples/sequences
out=build/sequences
block=full
deploy=mcu

echo "== installing what is missing, and building tdc (about ten minutes on two cores the first time)"
tdc=$(.ci/tdc qemu)
source examples/learns.sh
source examples/sequences/models.sh
learn_each "$@"
