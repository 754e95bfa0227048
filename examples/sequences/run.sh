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
source examples/learns.sh
for model; do line_of "$model" >/dev/null; done # refused before anything is built

echo "== installing what is missing, and building tdc (about ten minutes on two cores the first time)"
tdc=$(.ci/tdc qemu)
learn_each "$@"
