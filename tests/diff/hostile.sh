#!/usr/bin/env bash
# Files as hostile hands make them, through the program itself: what is no regular file, damaged weights and data, names that act on
# a terminal, small programs with large costs, texts that would be commands. Meant for the build with sanitizers.
# Usage: tests/diff/hostile.sh [TDC]       (default: the dev build)
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
tdc=$(realpath "${1:-$root/build/dev/compiler/tdc}")
digits=$root/examples/mlp_digits/digits_train.npz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir temporary
export TMPDIR=$work/temporary
# A sanitizer's end is none that tdc knows.
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:print_stacktrace=1

# shellcheck source=tests/diff/checks.sh
source "$root/tests/diff/checks.sh"
# shellcheck source=tests/diff/digits_net.sh
source "$root/tests/diff/digits_net.sh"
program net 0.1 "batch 2"

# answered COMMAND...: ends in time, with one of tdc's answers
answered() {
  local status=0
  timeout 120 "$@" || status=$?
  [ $status -le 1 ] || { echo "status $status"; return 1; }
}

# ---- only regular files are read ----
mkfifo pipe
sed 's/^use std.nn/use std.nn\nuse "pipe"/' net.td >uses_pipe.td
sed 's/^use std.nn/use std.nn\nuse "\/dev\/zero"/' net.td >uses_device.td
ln -s /dev/zero zero.npz
ln -s pipe from_pipe.npz
only_regular="and only regular files are read"
run=(timeout 60 "$tdc" run net.td --on host)
check "a pipe as program" refuses 1 "$only_regular" timeout 60 "$tdc" check pipe
check "a device as program" refuses 1 "$only_regular" timeout 60 "$tdc" check /dev/zero
check "a pipe in a program" refuses 1 "$only_regular" timeout 60 "$tdc" check uses_pipe.td
check "a device in a program" refuses 1 "$only_regular" timeout 60 "$tdc" check uses_device.td
check "a pipe as data" refuses 1 "$only_regular" "${run[@]}" --data from_pipe.npz
check "a device as data" refuses 1 "$only_regular" "${run[@]}" --data zero.npz
check "a pipe as weights" refuses 1 "$only_regular" "${run[@]}" --weights from_pipe.npz --data "$digits"
check "a device as weights" refuses 1 "$only_regular" timeout 60 "$tdc" weights show zero.npz

# ---- damaged weights and data: answered by every command that reads them ----
python3 - "$digits" <<'PY'
import json, pathlib, random, struct, sys, zipfile
from array import array
SHAPES = {"fc1.weight": (24, 64), "fc1.bias": (24,), "fc2.weight": (10, 24), "fc2.bias": (10,)}
numbers = random.Random(1)
arrays = {}
for path, shape in SHAPES.items():
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    arrays[path] = array("f", [numbers.uniform(-1, 1) for _ in range(count)]).tobytes()
with zipfile.ZipFile("good.npz", "w", zipfile.ZIP_DEFLATED) as file:
    for path, data in arrays.items():
        text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {SHAPES[path]}, }}"
        text += " " * (-(10 + len(text) + 1) % 64) + "\n"
        file.writestr(path + ".npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data)
header, at = {}, 0
for path, data in arrays.items():
    header[path] = {"dtype": "F32", "shape": list(SHAPES[path]), "data_offsets": [at, at + len(data)]}
    at += len(data)
text = json.dumps(header).encode()
pathlib.Path("good.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + b"".join(arrays.values()))
pathlib.Path("data.npz").write_bytes(pathlib.Path(sys.argv[1]).read_bytes())
# Bytes changed, taken out and put in, most of them where the structure is: at both ends.
for source, count in [("good.npz", 12), ("good.safetensors", 12), ("data.npz", 8)]:
    whole = pathlib.Path(source).read_bytes()
    for seed in range(count):
        random.seed(f"{source} {seed}")
        data = bytearray(whole)
        for _ in range(random.randint(1, 4)):
            at = random.choice([random.randrange(len(data)), random.randrange(min(300, len(data))), -random.randint(1, min(400, len(data)))])
            at %= len(data)
            kind = random.randrange(4)
            if kind == 0: data[at] = random.randrange(256)
            elif kind == 1: data[at : at + 4] = random.choice([b"\xff\xff\xff\xff", b"\0\0\0\x80", b"\0\0\0\0"])
            elif kind == 2: del data[at : at + random.randint(1, 40)]
            else: data[at:at] = random.randbytes(random.randint(1, 40))
        name, kind = source.rsplit(".", 1)
        pathlib.Path(f"{name}_{seed:02}.{kind}").write_bytes(data)
PY
check "sound .npz weights" "$tdc" check net.td --weights good.npz
check "sound .safetensors weights" "$tdc" check net.td --weights good.safetensors
for file in good_*; do
  check "$file: weights show" answered "$tdc" weights show "$file"
  check "$file: weights diff" answered "$tdc" weights diff "$file" good.npz
  check "$file: check" answered "$tdc" check net.td --weights "$file"
done
for file in data_*; do
  check "$file: run" answered "$tdc" run net.td --on host --eval --keep-going --samples 1 --data "$file"
done

# ---- names that act on a terminal ----
python3 - <<'PY'
import json, pathlib, struct
text = json.dumps({"a\x1b[2J\r\nb": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
pathlib.Path("names.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(4))
PY
quiet_name() { "$tdc" weights show names.safetensors >shown && ! grep -q $'[\e\r]' shown && grep -qF 'a\x1b[2J' shown; }
check "control characters are shown as what they are" quiet_name

# ---- small programs with large costs ----
report() { timeout 120 "$tdc" report "$1" >"$1.txt"; }
cat >taps.td <<'TD'
tdl 1
use std.nn
net N(x: f32[1, 1, 2000000]) -> y: f32[1, 1, 1900001] { return Conv2d(x, 1, kernel: (1, 100000)) as c }
TD
check "a kernel of 100,000 taps" report taps.td
cat >wide.td <<'TD'
tdl 1
use std.nn
net N(x: f32[20000]) -> y: f32[20000] { return Linear(x, 20000) as c }
TD
check "a layer of 20,000 x 20,000" report wide.td
{
  echo "let a0 = (1, 2)"
  for i in $(seq 60); do echo "let a$i = (a$((i - 1)), a$((i - 1)))"; done
} >doubles.td
check "values that double" refuses 1 "[expansion-limit]" timeout 120 "$tdc" check doubles.td
open=$(printf '(%.0s' $(seq 100000))
echo "let a = $open" >nested.td
check "100,000 brackets" refuses 1 "[nesting-limit]" timeout 120 "$tdc" check nested.td
head -c 9000000 /dev/zero >large.td
check "9 MB" refuses 1 "[source-size]" timeout 120 "$tdc" check large.td
head -c 8000000 /dev/urandom >random.td
check "8 MB of anything" answered "$tdc" check random.td

# ---- a file is data, never a command ----
cat >platform.td <<'TD'
tdl 1
chip c {
  cores 1
  platform "x\nall: pwn\npwn:\n\ttouch PWNED\n#"
  memory RAM, size: 256 KiB, stack: 8 KiB, code: 64 KiB
  tensors RAM
  constants RAM
  image RAM
}
net N(x: f32[3]) -> y: f32[] {
  param w: f32[3] = ones
  return sum(x * w)
}
train t of N {
  loss y
  optimizer sgd(lr: 0.1)
}
deploy d on c { budget RAM <= 200 KiB }
TD
check "a platform that would be a rule of make" refuses 1 "platform" "$tdc" platform.td -o out
check "writes nothing" test ! -e out
finish
