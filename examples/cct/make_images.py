#!/usr/bin/env python3
"""Makes the digits of ../mlp_digits into 3x32x32 colour images of two kinds ("domains").

    pip install --require-hashes -r requirements.txt
    python3 make_images.py [FOLDER]          (default: the folder of this script)

source_train.npz   1,437 grey images: each training digit once, turned, scaled and shifted at random
source_test.npz      360 grey images: the test digits, upright
shifted_train.npz    500 "yellow ink on blue paper, tilted, noisy": fifty training digits of each
                   class; every ten consecutive images hold all ten classes
shifted_test.npz     360 of the same kind, from the test digits

Each file holds `image`, uint8 [n, 3, 32, 32], to be scaled to 0..1 by 1/255, and `label`, int32 [n].
Test digits are never in a training file. Running it twice gives the same bytes.
"""

import pathlib
import sys

import numpy

SIZE = 32
PAPER = {"source": (0.0, 0.0, 0.0), "shifted": (0.10, 0.25, 0.50)}
INK = {"source": (1.0, 1.0, 1.0), "shifted": (1.0, 0.85, 0.40)}
NOISE = 0.1
SHIFTED_PER_CLASS = 50


def draw(digit, degrees, scale, shift):
    """The amount of ink, 0 to 1, of an 8x8 digit drawn on SIZE x SIZE pixels, by bilinear interpolation.

    The digit is turned about its middle, scaled, and shifted by `shift` (down, right) pixels. Outside of the
    digit there is no ink.
    """
    radians = numpy.deg2rad(degrees)
    cosine, sine = numpy.cos(radians), numpy.sin(radians)
    middle = (SIZE - 1) / 2
    row, column = numpy.mgrid[0:SIZE, 0:SIZE] - middle
    # From a pixel of the result back to a place in the digit, whose outermost pixel centres are 0 and 7.
    step = len(digit) / SIZE / scale
    centre = (len(digit) - 1) / 2
    y = (cosine * row - sine * column) * step + centre - shift[0] * len(digit) / SIZE
    x = (sine * row + cosine * column) * step + centre - shift[1] * len(digit) / SIZE
    padded = numpy.pad(digit, 1)
    y = numpy.clip(y + 1, 0, len(padded) - 1.001)
    x = numpy.clip(x + 1, 0, len(padded) - 1.001)
    top, left = y.astype(int), x.astype(int)
    down, right = y - top, x - left
    return (
        padded[top, left] * (1 - down) * (1 - right)
        + padded[top, left + 1] * (1 - down) * right
        + padded[top + 1, left] * down * (1 - right)
        + padded[top + 1, left + 1] * down * right
    )


def paint(ink, domain, random):
    """A [3, SIZE, SIZE] uint8 image of an amount of ink in the colours, and with the noise, of a domain."""
    paper, colour = (numpy.array(c[domain]).reshape(3, 1, 1) for c in (PAPER, INK))
    image = paper + ink * (colour - paper)
    if domain == "shifted":
        image = image + NOISE * random.standard_normal(image.shape)
    return numpy.rint(numpy.clip(image, 0, 1) * 255).astype(numpy.uint8)


def source_image(digit, random, is_augmented):
    if not is_augmented:
        return paint(draw(digit, 0, 1, (0, 0)), "source", random)
    degrees = random.uniform(-10, 10)
    scale = random.uniform(0.9, 1.1)
    shift = random.uniform(-0.5, 0.5, size=2)
    return paint(draw(digit, degrees, scale, shift), "source", random)


def shifted_image(digit, random):
    return paint(draw(digit, random.uniform(-25, 25), 1, (0, 0)), "shifted", random)


def balanced_order(labels, per_class):
    """Indices such that every ten hold all classes: the first of each class, the second of each, ..."""
    by_class = [numpy.flatnonzero(labels == c)[:per_class] for c in range(10)]
    return numpy.stack(by_class, axis=1).reshape(-1)


def load(name):
    with numpy.load(pathlib.Path(__file__).parent.parent / "mlp_digits" / name) as data:
        return data["image"].reshape(-1, 8, 8).astype(numpy.float64), data["label"]


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent

    def save(name, images, labels):
        # numpy stamps every member of the archive with 1980-01-01, so with one zlib equal arrays are equal bytes.
        numpy.savez_compressed(folder / name, image=numpy.stack(images), label=labels.astype(numpy.int32))

    digits, labels = load("digits_train.npz")
    # RandomState's streams are frozen for good; each file has one of its own.
    random = numpy.random.RandomState(1)
    save("source_train.npz", [source_image(digit, random, True) for digit in digits], labels)
    order = balanced_order(labels, SHIFTED_PER_CLASS)
    random = numpy.random.RandomState(2)
    save("shifted_train.npz", [shifted_image(digits[i], random) for i in order], labels[order])

    digits, labels = load("digits_test.npz")
    save("source_test.npz", [source_image(digit, None, False) for digit in digits], labels)
    random = numpy.random.RandomState(3)
    save("shifted_test.npz", [shifted_image(digit, random) for digit in digits], labels)


if __name__ == "__main__":
    main()
