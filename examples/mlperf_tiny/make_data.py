#!/usr/bin/env python3
"""Generated data, no recordings: sketches of what the four models of MLPerf Tiny are for. Python alone, no packages.

    make_data.py MODEL TRAIN.npz TEST.npz       for resnet8, ds_cnn, mobilenet_v1 or deep_ae

Arrays are named as the inputs and targets of the model's .td file; inputs are bytes, which stand for 0 to 1. The same
files come out on every machine.
"""

import math
import pathlib
import random
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from arrays import npy, wholes, write


def byte(value):
    return min(255, max(0, round(255 * value)))


def grating(draw, label):
    """3x32x32: stripes whose direction is the class, of any colour, width and place."""
    angle = math.pi * label / 10 + draw.uniform(-0.08, 0.08)
    pitch, phase = draw.uniform(0.6, 1.0), draw.uniform(0, 2 * math.pi)
    colour = [draw.uniform(0.2, 0.5) for _ in range(3)]
    across = math.cos(angle) * pitch, math.sin(angle) * pitch
    wave = [0.5 * math.sin(across[0] * x + across[1] * y + phase) for y in range(32) for x in range(32)]
    return [byte(0.5 + tone * value + draw.gauss(0, 0.05)) for tone in colour for value in wave]


def word(draw, label):
    """1x49x10: two bands that glide through the coefficients, each class in its own way."""
    start, loudness = draw.uniform(-4, 4), draw.uniform(0.7, 1)
    coefficients = []
    for frame in range(49):
        at = (frame - start) / 48
        bands = (
            4.5 + 4 * math.sin(2 * math.pi * (at * (1 + label % 3) + label / 12)),
            4.5 + 4 * math.cos(2 * math.pi * (at * (1 + label // 3) / 2 + label / 7)),
        )
        for index in range(10):
            level = sum(math.exp(-((index - band) ** 2)) for band in bands)
            coefficients.append(byte(0.1 + 0.5 * loudness * level + draw.gauss(0, 0.05)))
    return coefficients


def picture(draw, label):
    """3x96x96: a figure, head above body, among boxes (1); boxes alone (0)."""
    sky = draw.uniform(0.3, 0.7)
    pixels = [[[sky + 0.2 * (y / 96 - 0.5)] * 96 for y in range(96)] for _ in range(3)]

    def paint(inside, x_range, y_range):
        tones = [draw.choice([-1, 1]) * draw.uniform(0.15, 0.35) for _ in range(3)]
        for y in range(max(0, int(y_range[0])), min(96, int(y_range[1]) + 1)):
            for x in range(max(0, int(x_range[0])), min(96, int(x_range[1]) + 1)):
                if inside(x, y):
                    for plane, tone in zip(pixels, tones):
                        plane[y][x] = sky + tone

    for _ in range(draw.randint(2, 4)):
        left, top = draw.uniform(0, 80), draw.uniform(0, 80)
        paint(lambda x, y: True, (left, left + draw.uniform(8, 30)), (top, top + draw.uniform(8, 30)))
    if label == 1:
        x0, y0, size = draw.uniform(25, 70), draw.uniform(25, 40), draw.uniform(8, 13)
        paint(lambda x, y: math.hypot(x - x0, y - y0) < size, (x0 - size, x0 + size), (y0 - size, y0 + size))
        body = y0 + 3 * size
        paint(
            lambda x, y: ((x - x0) / (1.3 * size)) ** 2 + ((y - body) / (2 * size)) ** 2 < 1,
            (x0 - 2 * size, x0 + 2 * size),
            (body - 2 * size, body + 2 * size),
        )
    return [byte(value + draw.gauss(0, 0.02)) for plane in pixels for row in plane for value in row]


def hum(draw, label):
    """640: five frames of 128 bands of a machine that turns at some speed: a tone and its harmonics."""
    speed, load = draw.uniform(11, 14), draw.uniform(0.5, 1)
    bands = []
    for _ in range(5):
        speed += draw.gauss(0, 0.05)
        for band in range(128):
            tones = sum(load / order * math.exp(-(((band - order * speed) / 1.5) ** 2)) for order in range(1, 9))
            bands.append(byte(0.1 + 0.6 * tones + draw.gauss(0, 0.02)))
    return bands


MODELS = {
    "resnet8": (grating, "image", (3, 32, 32), 10, 640, 200),
    "ds_cnn": (word, "mfcc", (1, 49, 10), 12, 960, 240),
    "mobilenet_v1": (picture, "image", (3, 96, 96), 2, 640, 200),
    "deep_ae": (hum, "frames", (640,), 0, 640, 160),
}


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in MODELS:
        sys.exit(__doc__)
    make, name, dims, classes, train, test = MODELS[sys.argv[1]]
    draw = random.Random(2026)
    for path, count in zip(sys.argv[2:], (train, test)):
        labels = [draw.randrange(classes) if classes else 0 for _ in range(count)]
        inputs = bytes(value for label in labels for value in make(draw, label))
        arrays = {name: npy("|u1", (count, *dims), inputs)}
        if classes:
            arrays["label"] = wholes((count,), labels)
        write(path, arrays)


main()
