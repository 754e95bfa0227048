#!/usr/bin/env python3
"""Generated data, no recordings: sketches of words, and a text. Python alone, no packages.

    make_data.py MODEL TRAIN.npz TEST.npz       for kws or char_gpt

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


def words(draw, count):
    labels = [draw.randrange(12) for _ in range(count)]
    values = [value for label in labels for value in word(draw, label)]
    return {"mfcc": floats((count, 1, 49, 10), values), "label": wholes((count,), labels)}


def windows(draw, length, count):
    """Windows of a text, and the same one character later."""
    characters = text(draw, 20 + count)
    starts = [draw.randrange(len(characters) - length) for _ in range(count)]
    here = [each for start in starts for each in characters[start : start + length]]
    later = [each for start in starts for each in characters[start + 1 : start + 1 + length]]
    return {"tokens": wholes((count, length), here), "next": wholes((count, length), later)}


MODELS = {
    "kws": (words, 960, 240),
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
