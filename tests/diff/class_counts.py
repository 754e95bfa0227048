#!/usr/bin/env python3
"""Holds precision, recall and F1 that `tdc run --eval` printed against what its results say. No packages.

    class_counts.py RESULTS.npz DATA.npz CLASS EVAL.log
"""

import ast
import struct
import sys
import zipfile


def read(path, name):
    """The rows of an array of one or two axes."""
    with zipfile.ZipFile(path) as archive:
        raw = archive.read(f"{name}.npy")
    start = 10 + struct.unpack("<H", raw[8:10])[0]
    header = ast.literal_eval(raw[10:start].decode())
    kind = {"<f4": "f", "<i4": "i"}[header["descr"]]
    values = [value for (value,) in struct.iter_unpack("<" + kind, raw[start:])]
    width = header["shape"][1] if len(header["shape"]) == 2 else 1
    return [values[i : i + width] for i in range(0, len(values), width)]


results, data, positive, log = sys.argv[1:]
positive = int(positive)
logits = read(results, "logits")
said = [row.index(max(row)) == positive for row in logits]
are = [label[0] == positive for label in read(data, "label")[: len(logits)]]
hits = sum(a and b for a, b in zip(said, are))
assert hits > 0 and 0 < sum(said) != sum(are) and hits != sum(said), "these samples would not show a mistake"
wanted = {
    "Precision": hits / sum(said),
    "Recall": hits / sum(are),
    "F1": 2 * hits / (sum(said) + sum(are)),
}
printed = {words[0]: float(words[1]) for words in map(str.split, open(log)) if words[0] in wanted}
if any(abs(printed[name] - value) > 1e-6 for name, value in wanted.items()):
    sys.exit(f"printed {printed}, the results say {wanted}")
