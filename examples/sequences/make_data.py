#!/usr/bin/env python3
"""Generated data, no recordings: sketches of words, of movements and of a text. Python alone, no packages.

    make_data.py MODEL TRAIN.npz TEST.npz       for kws, har or char_gpt

Arrays are named as the inputs and targets of the model's .td file. The same files come out on every machine.
"""

import math
import pathlib
import random
import sys

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from arrays import floats, wholes, write


def word(draw, label):
    """1x49x10: two bands that glide through the coefficients, each word in its own way, from some frame on."""
    start, loudness = draw.randint(-4, 4), draw.uniform(0.5, 1)
    coefficients = []
    for frame in range(49):
        at = (frame - start) / 48
        low = 4.5 + 4 * math.sin(2 * math.pi * (at * (1 + label % 3) + label / 12))
        high = 4.5 + 4 * math.cos(2 * math.pi * (at * (1 + label // 3) / 2 + label / 7))
        for index in range(10):
            level = math.exp(-((index - low) ** 2)) + math.exp(-((index - high) ** 2))
            coefficients.append(loudness * level + draw.gauss(0, 0.2))
    return coefficients


# Steps a second, and how far each of the six axes moves: lying, sitting, walking, running, cycling, climbing stairs.
MOVEMENTS = [
    (0.2, (0.1, 0.1, 0.1, 0.0, 0.0, 0.1)),
    (0.3, (0.1, 0.2, 0.1, 0.2, 0.1, 0.0)),
    (1.8, (0.5, 0.3, 0.9, 0.4, 0.6, 0.2)),
    (2.8, (0.9, 0.5, 1.0, 0.8, 0.9, 0.4)),
    (1.3, (0.4, 0.2, 0.3, 0.9, 0.2, 0.5)),
    (1.1, (0.3, 0.6, 0.9, 0.3, 0.7, 0.6)),
]


def movement(draw, label):
    """6x128: two seconds of an accelerometer and a gyroscope, worn by somebody who moves in a rhythm."""
    pace, reach = MOVEMENTS[label]
    pace *= draw.uniform(0.9, 1.1)
    strength, phase = draw.uniform(0.7, 1.3), draw.uniform(0, 2 * math.pi)
    signal = []
    for axis in range(6):
        for sample in range(128):
            angle = 2 * math.pi * pace * sample / 64 + phase + axis
            signal.append(strength * reach[axis] * (math.sin(angle) + 0.4 * math.sin(2 * angle)) + draw.gauss(0, 0.3))
    return signal


NOUNS = "the robot,a chip,the small net,my dog,a black cat,the old sensor".split(",")
VERBS = "sees,hears,likes,trains,follows,wakes".split(",")
ENDS = " and sleeps.,., at night., again and again.".split(",")
CHARACTERS = " .abcdefghijklmnopqrstuvwxyz"


def text(draw, sentences):
    """Class numbers of the characters of sentences, in which much follows from what was before."""
    parts = []
    for _ in range(sentences):
        parts.append(f"{draw.choice(NOUNS)} {draw.choice(VERBS)} {draw.choice(NOUNS)}{draw.choice(ENDS)} ")
    return [CHARACTERS.index(character) for character in "".join(parts)]


def signals(draw, make, name, dims, classes, count):
    labels = [draw.randrange(classes) for _ in range(count)]
    values = [value for label in labels for value in make(draw, label)]
    return {name: floats((count, *dims), values), "label": wholes((count,), labels)}


def windows(draw, length, count):
    """Windows of a text, and the same one character later."""
    characters = text(draw, 20 + count)
    starts = [draw.randrange(len(characters) - length) for _ in range(count)]
    here = [each for start in starts for each in characters[start : start + length]]
    later = [each for start in starts for each in characters[start + 1 : start + 1 + length]]
    return {"tokens": wholes((count, length), here), "next": wholes((count, length), later)}


MODELS = {
    "kws": (lambda draw, count: signals(draw, word, "mfcc", (1, 49, 10), 12, count), 960, 240),
    "har": (lambda draw, count: signals(draw, movement, "window", (6, 128), 6, count), 800, 240),
    "char_gpt": (lambda draw, count: windows(draw, 32, count), 1600, 200),
}


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in MODELS:
        sys.exit(__doc__)
    make, train, test = MODELS[sys.argv[1]]
    draw = random.Random(2026)
    write(sys.argv[2], make(draw, train))
    write(sys.argv[3], make(draw, test))


main()
