#!/usr/bin/env python3
"""Makes data files for tdc of a table or of recordings. Python alone, no packages.

    to_npz.py TABLE.csv INPUT TARGET TRAIN.npz TEST.npz
        A line of names, then a line for each sample: numbers, which become the array INPUT, and last its class.
    to_npz.py FOLDER INPUT TARGET TRAIN.npz TEST.npz
        FOLDER/CLASS/*.npy is one sample each, all of one shape and of one type: float32 or bytes.

Classes are numbered in the order of their names; every fifth sample of a class is for testing. Says what a .td file has to
say of the data: types, and what scales the input to mean 0 and deviation 1.
"""

import ast
import csv
import math
import pathlib
import struct
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from arrays import npy, wholes, write

LETTERS = {"<f4": "f", "|u1": "B"}


class Samples:
    """Samples of one shape with the names of their classes."""

    def __init__(self, kind, dims):
        self.kind, self.dims, self.classes, self.values = kind, dims, [], []

    def add(self, name, values):
        self.classes.append(name)
        self.values.append(values)


def read_table(path):
    with open(path, newline="") as file:
        names, *rows = csv.reader(file)
    samples = Samples("<f4", (len(names) - 1,))
    for number, row in enumerate(rows, 2):
        try:
            values = [float(cell) for cell in row[:-1]]
        except ValueError as error:
            sys.exit(f"{path}:{number}: {error}")
        if len(row) != len(names) or not all(map(math.isfinite, values)):
            sys.exit(f"{path}:{number}: {len(names) - 1} finite numbers and a class are wanted")
        samples.add(row[-1], values)
    return samples


def read_npy(path):
    """(kind, dims, values) of an array in C order."""
    data = path.read_bytes()
    if data[:6] != b"\x93NUMPY":
        sys.exit(f"{path}: no .npy file")
    size = struct.calcsize("<H" if data[6] == 1 else "<I")
    begin = 8 + size + int.from_bytes(data[8 : 8 + size], "little")
    header = ast.literal_eval(data[8 + size : begin].decode())
    kind, dims = header["descr"], header["shape"]
    if kind not in LETTERS or header["fortran_order"]:
        sys.exit(f"{path}: float32 or bytes in C order are wanted, this is {header}")
    return kind, dims, struct.unpack(f"<{math.prod(dims)}{LETTERS[kind]}", data[begin:])


def read_folder(folder):
    paths = sorted(pathlib.Path(folder).glob("*/*.npy"))
    if not paths:
        sys.exit(f"{folder}: no files CLASS/*.npy in it")
    samples = None
    for path in paths:
        kind, dims, values = read_npy(path)
        samples = samples or Samples(kind, dims)
        if (kind, dims) != (samples.kind, samples.dims):
            sys.exit(f"{path}: {kind} {dims}, others are {samples.kind} {samples.dims}")
        samples.add(path.parent.name, values)
    return samples


def split(samples):
    """Indices for training and for testing: every fifth of each class."""
    seen, train, test = {}, [], []
    for index, name in enumerate(samples.classes):
        seen[name] = seen.get(name, 0) + 1
        (test if seen[name] % 5 == 0 else train).append(index)
    return train, test


def save(path, samples, names, indices, input_name, target_name):
    values = [value for index in indices for value in samples.values[index]]
    labels = [names.index(samples.classes[index]) for index in indices]
    data = struct.pack(f"<{len(values)}{LETTERS[samples.kind]}", *values)
    arrays = {input_name: npy(samples.kind, (len(indices), *samples.dims), data), target_name: wholes((len(indices),), labels)}
    write(path, arrays)
    print(f"{path}: {len(indices)} samples")


def scaling(samples, indices):
    """Mean and deviation of each index of the first axis, over the samples that are trained with, as .td files write them."""
    rows = samples.dims[0]
    part = math.prod(samples.dims) // rows
    unit = 255 if samples.kind == "|u1" else 1
    means, deviations = [], []
    for row in range(rows):
        values = [value / unit for index in indices for value in samples.values[index][row * part : (row + 1) * part]]
        mean = sum(values) / len(values)
        means.append(mean)
        deviations.append(math.sqrt(sum((value - mean) ** 2 for value in values) / len(values)) or 1.0)
    return [f"{word:<6} [{', '.join(f'{number:.4}' for number in numbers)}]" for word, numbers in (("mean", means), ("std", deviations))]


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    source, input_name, target_name, *paths = sys.argv[1:]
    samples = read_folder(source) if pathlib.Path(source).is_dir() else read_table(source)
    names = sorted(set(samples.classes))
    train, test = split(samples)
    for path, indices in zip(paths, (train, test)):
        save(path, samples, names, indices, input_name, target_name)
    print(f"{input_name}: f32[{', '.join(map(str, samples.dims))}]")
    print(f"{target_name}: class({len(names)}), " + ", ".join(f"{number} {name}" for number, name in enumerate(names)))
    print("\n".join(scaling(samples, train)))


main()
