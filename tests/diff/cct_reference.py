#!/usr/bin/env python3
"""Runs the independent Compact Convolutional Transformer on given weights and data, at its full size.

    python3 cct_reference.py --strategy ft2 --weights W.npz --data D.npz --out OUT.npz
        [--batch 1] [--accumulate 1] [--steps 1] [--learning-rate 0.01] [--small]
    python3 cct_reference.py --random-weights SEED --strategy lora2 --out W.npz [--small]

Weights are .npz or .safetensors by path; those of a strategy with adapters include them. Images of
uint8 are divided by 255. OUT holds `loss` [steps], `update/PATH` of the first step at a learning rate of
1, and `final/PATH`.
"""

import argparse
import functools
import json
import pathlib

import numpy
from nets import CCT_FULL, CCT_SMALL, STRATEGIES, cct, cct_shapes, cct_trained
from training import random_weights, train


def load_weights(path):
    if path.suffix == ".npz":
        return dict(numpy.load(path))
    content = path.read_bytes()
    data = 8 + int.from_bytes(content[:8], "little")
    weights = {}
    for name, entry in json.loads(content[8:data]).items():
        if name == "__metadata__":
            continue
        assert entry["dtype"] == "F32", f"{name} is {entry['dtype']}"
        begin, end = entry["data_offsets"]
        weights[name] = numpy.frombuffer(content[data + begin : data + end], "<f4").reshape(entry["shape"])
    return weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strategy", choices=STRATEGIES, required=True)
    parser.add_argument("--random-weights", type=int, metavar="SEED")
    parser.add_argument("--weights", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--accumulate", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--small", action="store_true", help="the 8x8 net of width 16")
    arguments = parser.parse_args()

    size = CCT_SMALL if arguments.small else CCT_FULL
    trained = cct_trained(arguments.strategy, size)
    shapes = cct_shapes(size, has_adapters=True)
    shapes = {path: shape for path, shape in shapes.items() if "lora" not in path or path in trained}
    if arguments.random_weights is not None:
        numpy.savez(arguments.out, **random_weights(shapes, arguments.random_weights))
        return
    if arguments.weights is None or arguments.data is None:
        parser.error("--weights and --data are needed")

    weights = load_weights(arguments.weights)
    wrong = [p for p in shapes.keys() ^ weights.keys()] or [p for p in shapes if weights[p].shape != shapes[p]]
    if wrong:
        parser.error(f"{arguments.weights} does not fit the net: {', '.join(sorted(wrong))}")
    data = numpy.load(arguments.data)
    images = data["image"] / 255.0 if data["image"].dtype == numpy.uint8 else data["image"]
    losses, updates, history = train(
        functools.partial(cct, size=size),
        weights,
        trained,
        images,
        data["label"],
        arguments.batch * arguments.accumulate,
        arguments.steps,
        arguments.learning_rate,
    )
    results = {"loss": losses}
    results |= {f"update/{path}": array for path, array in updates[0].items()}
    results |= {f"final/{path}": array for path, array in history[-1].items()}
    numpy.savez(arguments.out, **results)


if __name__ == "__main__":
    main()
