#!/usr/bin/env python3
"""Makes digits_train.npz and digits_test.npz from the 1,797 handwritten digits of scikit-learn.

    pip install --require-hashes -r requirements.txt
    python3 make_digits.py [FOLDER]          (default: the folder of this script)

Each file holds `image`, float32 [n, 64], an 8x8 picture row by row with values 0 (paper) to 1 (ink)
in steps of 1/16, and `label`, int32 [n], the digit. Running it twice gives the same bytes.
"""

import pathlib
import sys

import numpy
from sklearn.datasets import load_digits


def split(labels):
    """Indices of the training and the test part: 1,437 and 360 of 1,797.

    All samples in order of class, and of the original within a class; every fifth, from the first on,
    is a test sample. So the parts hold the classes in equal shares, and no random number decides.
    Both parts are then put back into the original's order, in which the classes are well mixed.
    """
    by_class = numpy.argsort(labels, kind="stable")
    is_test = numpy.zeros(len(labels), dtype=bool)
    is_test[by_class[::5]] = True
    return numpy.flatnonzero(~is_test), numpy.flatnonzero(is_test)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    digits = load_digits()
    for name, indices in zip(("train", "test"), split(digits.target)):
        # numpy stamps every member of the archive with 1980-01-01, so with one zlib equal arrays are equal bytes.
        numpy.savez_compressed(
            folder / f"digits_{name}.npz",
            image=(digits.data[indices] / 16.0).astype(numpy.float32),
            label=digits.target[indices].astype(numpy.int32),
        )


if __name__ == "__main__":
    main()
