# For test scripts: a net whose loss says which sample it was given.

# scale_net: y = w * x with w = 1, in scale.td with batch 4, also for the chip. Its loss is x * x: of 12 samples it is
# infinite for number 6 in scale.npz; in sums.npz that of 6 and of 7 is nearly the largest there is, and
# their sum infinite; fine.npz has nothing of the kind.
scale_net() {
  cat >scale.td <<'TD'
tdl 1
use std.chips
net Scale(x: f32[1]) -> y: f32[1] {
  param w: f32[1] = ones
  return x * w
}
train scale of Scale {
  target     t: f32[1]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.01)
  batch      4
}
deploy cluster on pulp_cluster {}
TD
  python3 - <<'PY'
import struct, zipfile
def npy(numbers):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({len(numbers)}, 1), }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(numbers)}f", *numbers)
for name, large in [("scale", {6: 1e30}), ("sums", {6: 1.8e19, 7: 1.8e19}), ("fine", {})]:
    with zipfile.ZipFile(name + ".npz", "w") as file:
        file.writestr("x.npy", npy([large.get(i, 0.5) for i in range(12)]))
        file.writestr("t.npy", npy([0.0] * 12))
PY
}
