#!/usr/bin/env python3
"""Makes the data of `har` and `speaker` from recordings that the package aeon ships. Nothing of it is imported.

    pip install --no-deps --require-hashes -r requirements.txt
    python3 make_recordings.py [FOLDER]          (default: the folder of this script)

har_train.npz, har_test.npz           40 and 40 movements: `window`, float32 [n, 6, 100], and `label`, int32 [n]
speaker_train.npz, speaker_test.npz   270 and 370 utterances: `frames`, float32 [n, 29, 12], and `label`, int32 [n]

Parts are those of the package, samples in its order, classes in the order of its files, from 0 on. Running it twice
gives the same bytes.
"""

import importlib.metadata
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from arrays import floats, wholes, write

FRAMES = 29
COEFFICIENTS = 12


def read(data_set, part):
    """Samples of a file of the package as channels of numbers, and their class numbers."""
    place = f"aeon/datasets/data/{data_set}/{data_set}_{part}.ts"
    lines = importlib.metadata.distribution("aeon").locate_file(place).read_text().splitlines()
    names = next(line for line in lines if line.startswith("@classLabel")).split()[2:]
    samples, labels = [], []
    for line in lines[lines.index("@data") + 1 :]:
        *channels, name = line.strip().split(":")
        samples.append([[float(number) for number in channel.split(",")] for channel in channels])
        labels.append(names.index(name))
    return samples, labels


def windows(samples):
    """Movements as they are, 100 samples of six axes, all divided by 10, which leaves most of them between -1 and 1."""
    values = [value / 10 for sample in samples for axis in sample for value in axis]
    return {"window": floats((len(samples), 6, 100), values)}


def utterances(samples):
    """Utterances frame by frame. They have 7 to 29 frames; frames of zeros stand before those of shorter ones."""
    values = []
    for sample in samples:
        values += [0.0] * (COEFFICIENTS * (FRAMES - len(sample[0])))
        values += [value for frame in zip(*sample, strict=True) for value in frame]
    return {"frames": floats((len(samples), FRAMES, COEFFICIENTS), values)}


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    for name, data_set, arrays in (("har", "BasicMotions", windows), ("speaker", "JapaneseVowels", utterances)):
        for part in ("train", "test"):
            samples, labels = read(data_set, part.upper())
            write(folder / f"{name}_{part}.npz", {**arrays(samples), "label": wholes((len(labels),), labels)})


if __name__ == "__main__":
    main()
