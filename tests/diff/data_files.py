#!/usr/bin/env python3
"""Data files for `data.sh`, and what tdc has to make of them: an oracle without packages and without tdc.

    data_files.py cifar10 FOLDER       the five training files and the test file, 40 images each
    data_files.py scaled FOLDER FILE   FOLDER's test images as f32, scaled here, in an .npz file
    data_files.py bytes                the input that each byte makes in each channel, as hex words
    data_files.py ones FILE            one sample x = [1]
    data_files.py schedule KIND WARMUP STEPS FINAL FILE.csv
                                       compares a loss file of `rates.td` with the schedule's formula

An image holds noise and a bright square, whose place is its class.
"""

import math
import pathlib
import random
import struct
import sys
import zipfile

MEAN = (0.25, 0.3, 0.35)
STD = (0.2, 0.25, 0.225)
PIXELS = 32 * 32


def image(label, noise):
    planes = []
    for channel in range(3):
        plane = [noise.randrange(100) for _ in range(PIXELS)]
        top, left = 2 + 15 * (label // 5), 1 + 6 * (label % 5)
        for row in range(top, top + 12):
            for column in range(left, left + 6):
                plane[row * 32 + column] = 150 + 30 * channel + noise.randrange(40)
        planes += plane
    return bytes(planes)


def write_cifar10(folder):
    folder = pathlib.Path(folder)
    folder.mkdir()
    names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
    for seed, name in enumerate(names):
        noise = random.Random(seed)
        labels = [(7 * i + seed) % 10 for i in range(40)]
        (folder / name).write_bytes(b"".join(bytes([label]) + image(label, noise) for label in labels))


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def scaled(byte, channel):
    """Single operations on floats, each rounded: double precision in between rounds to the same floats."""
    return f32(f32(f32(byte / 255) - f32(MEAN[channel])) / f32(STD[channel]))


def npy(descr, shape, data):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}}}".encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def write_scaled(folder, path):
    records = (pathlib.Path(folder) / "test_batch.bin").read_bytes()
    count = len(records) // 3073
    table = [[struct.pack("<f", scaled(byte, channel)) for byte in range(256)] for channel in range(3)]
    images, labels = [], []
    for i in range(count):
        record = records[i * 3073 : (i + 1) * 3073]
        labels.append(struct.pack("<i", record[0]))
        images += [table[at // PIXELS][byte] for at, byte in enumerate(record[1:])]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("image.npy", npy("<f4", (count, 3, 32, 32), b"".join(images)))
        archive.writestr("label.npy", npy("<i4", (count,), b"".join(labels)))


def print_bytes():
    for channel in range(3):
        for byte in range(256):
            print(struct.pack(">f", scaled(byte, channel)).hex())


def factor(kind, warmup, steps, final, update):
    if update < warmup:
        return (update + 1) / warmup
    if kind == "constant":
        return 1.0
    done = min(1.0, (update - warmup) / (steps - warmup))
    if kind == "linear":
        return 1 + (final - 1) * done
    return final + (1 - final) * (1 + math.cos(math.pi * done)) / 2


def check_schedule(kind, warmup, steps, final, path):
    """The loss is -w, and each update adds the rate, 0.5 times the factor, to w, which starts from 0."""
    losses = [float(line.split(",")[1]) for line in pathlib.Path(path).read_text().split()[1:]]
    assert len(losses) > 1.2 * steps, "the run does not go beyond the schedule"
    weight = 0.0
    for update, loss in enumerate(losses):
        assert abs(-loss - weight) <= 1e-6 * max(1.0, weight), f"update {update}: {-loss}, expected {weight}"
        weight += 0.5 * factor(kind, warmup, steps, final, update)


def main():
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "cifar10":
        write_cifar10(*arguments)
    elif command == "scaled":
        write_scaled(*arguments)
    elif command == "bytes":
        print_bytes()
    elif command == "ones":
        with zipfile.ZipFile(arguments[0], "w") as archive:
            archive.writestr("x.npy", npy("<f4", (1, 1), struct.pack("<f", 1.0)))
    elif command == "schedule":
        kind, warmup, steps, final, path = arguments
        check_schedule(kind, int(warmup), int(steps), float(final), path)
    else:
        sys.exit(f"no command {command}")


if __name__ == "__main__":
    main()
