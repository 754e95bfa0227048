#!/usr/bin/env python3
"""Writes vectors/*.npz: data, weights and what training with them should give. README.md says what they hold.

    python3 make_vectors.py              writes the files
    python3 make_vectors.py --check      computes them anew and compares, to 1e-10
"""

import functools
import pathlib
import sys

import numpy
from nets import (
    CCT_SMALL,
    DROPS_SHAPES,
    DROPS_STATES,
    MOBILE_SHAPES,
    MOBILE_STATES,
    NORMS_SHAPES,
    NORMS_STATES,
    PARTS_SHAPES,
    PARTS_TRAINED,
    PICTURE_SHAPES,
    SERIES_SHAPES,
    SIZES_SHAPES,
    STRATEGIES,
    TOKENS_SHAPES,
    bce_with_logits,
    cct,
    cct_shapes,
    cct_trained,
    cnn,
    cosine_loss,
    cross_entropy,
    drops,
    huber_loss,
    ignoring_cross_entropy,
    l1_loss,
    mean_square,
    mlp,
    mobile,
    norms,
    parts,
    picture,
    scaled,
    series,
    sizes,
    smooth_cross_entropy,
    soft_cross_entropy,
    tokens,
    weighted_cross_entropy,
)
from training import random_weights, train, train_batches

VECTORS = pathlib.Path(__file__).parent / "vectors"
CHECK_TOLERANCE = 1e-10

MLP_SHAPES = {"fc1.weight": (64, 64), "fc1.bias": (64,), "fc2.weight": (10, 64), "fc2.bias": (10,)}
CNN_SHAPES = {
    "conv0.weight": (4, 2, 3, 3),
    "conv0.bias": (4,),
    "conv1.weight": (6, 4, 3, 3),
    "conv1.bias": (6,),
    "head.weight": (5, 12),
    "head.bias": (5,),
}


def random_data(count, dims, classes, seed):
    random = numpy.random.RandomState(seed)
    image = random.uniform(0, 1, (count, *dims)).astype(numpy.float32)
    return {"image": image, "label": random.randint(0, classes, count).astype(numpy.int32)}


def with_prefix(prefix, arrays):
    return {f"{prefix}/{path}": array for path, array in arrays.items()}


def twenty_steps(name, net, shapes, data, batch, learning_rate, seed, loss=cross_entropy):
    """Files of 20 steps on `data`, an array of inputs and one of targets, which the steps go through more than once."""
    inputs, targets = data.values()
    assert len(inputs) < 20 * batch
    weights = random_weights(shapes, seed)
    losses, updates, history = train(net, weights, list(shapes), inputs, targets, batch, 20, learning_rate, loss)
    assert all(numpy.any(update) for update in updates[0].values()), f"{name}: an update of zeros compares nothing"
    expected = {"loss": losses} | with_prefix("update", updates[0]) | with_prefix("final", history[-1])
    return {f"{name}_data": data, f"{name}_weights": weights, f"{name}_expected": expected}


def small_cct():
    """Files of one step from random weights for each strategy, and of ten of `lora2` with accumulation."""
    net = functools.partial(cct, size=CCT_SMALL)
    data = random_data(8, (3, 8, 8), 10, seed=3)
    files = {"cct_small_data": data}
    every_weight = random_weights(cct_shapes(CCT_SMALL, has_adapters=True), seed=3)
    for strategy in STRATEGIES:
        trained = cct_trained(strategy, CCT_SMALL)
        # The adapters of a strategy are exactly those that it trains.
        weights = {p: a for p, a in every_weight.items() if "lora" not in p or p in trained}
        name = f"cct_small_{strategy}" if strategy.startswith("lora") else "cct_small"
        files[f"{name}_weights"] = weights
        losses, updates, _ = train(net, weights, trained, data["image"], data["label"], 1, 1, 1.0)
        files[f"cct_small_{strategy}_expected"] = {"loss": losses} | with_prefix("update", updates[0])
        if strategy == "lora2":
            losses, updates, history = train(net, weights, trained, data["image"], data["label"], 4, 10, 0.05)
            steps = {"loss": losses}
            for number, (before, update) in enumerate(zip(history, updates)):
                # What a step starts from is rounded, so that a program with 32-bit weights can start from it;
                # the update is far less sensitive than the rule's tolerance.
                steps |= with_prefix(f"{number}/before", {p: a.astype(numpy.float32) for p, a in before.items()})
                steps |= with_prefix(f"{number}/update", {p: a.astype(numpy.float32) for p, a in update.items()})
            files["cct_small_lora2_steps_expected"] = steps
    return files


def single_parts():
    """Files of one step for each train block of parts.td."""
    data = random_data(4, (5, 4), 3, seed=4)
    every_weight = random_weights(PARTS_SHAPES, seed=4)
    files = {"parts_data": data}
    for name, trained in PARTS_TRAINED.items():
        weights = {p: a for p, a in every_weight.items() if "lora" not in p or p in trained}
        losses, updates, _ = train(parts, weights, trained, data["image"], data["label"], 4, 1, 1.0)
        files[f"parts_{name}_weights"] = weights
        files[f"parts_{name}_expected"] = {"loss": losses} | with_prefix("update", updates[0])
    return files


def random_states(widths, seed):
    """Running statistics of norms."""
    random = numpy.random.RandomState(seed)
    states = {}
    for path, width in widths.items():
        states[f"{path}.running_mean"] = random.uniform(-0.5, 0.5, width).astype(numpy.float32)
        states[f"{path}.running_var"] = random.uniform(0.5, 2, width).astype(numpy.float32)
    return states


def depthwise():
    """Files of 20 steps of mobile.td."""
    data = random_data(26, (3, 9, 8), 3, seed=6)
    weights, states = random_weights(MOBILE_SHAPES, seed=6), random_states(MOBILE_STATES, seed=6)
    losses, updates, after = train_batches(mobile, weights, states, data["image"], data["label"], 6, 1, 20, 0.05)
    assert all(numpy.any(update) for update in updates[0].values()), "an update of zeros compares nothing"
    expected = {"loss": losses} | with_prefix("update", updates[0]) | with_prefix("final", after)
    return {"mobile_data": data, "mobile_weights": weights | states, "mobile_expected": expected}


def batch_norms():
    """Files of 20 steps of norms.td, and of one step of each of its other train blocks."""
    data = random_data(26, (2, 7, 5), 3, seed=5)
    weights = random_weights(NORMS_SHAPES, seed=5)
    states = random_states(NORMS_STATES, seed=5)
    files = {"norms_data": data, "norms_weights": weights | states}
    frozen = functools.partial(norms, is_frozen=True)
    for name, net, batch, accumulate, steps, learning_rate in (
        ("steps", norms, 4, 1, 20, 0.05),
        ("micro", norms, 2, 3, 1, 1.0),
        ("frozen", frozen, 4, 1, 1, 1.0),
    ):
        losses, updates, after = train_batches(
            net, weights, states, data["image"], data["label"], batch, accumulate, steps, learning_rate
        )
        files[f"norms_{name}_expected"] = (
            {"loss": losses} | with_prefix("update", updates[0]) | with_prefix("final", after)
        )
    return files


def dropouts():
    """Files of 20 steps of drops.td, and of one step of micro-batches."""
    data = random_data(26, (2, 7, 5), 3, seed=6)
    weights = random_weights(DROPS_SHAPES, seed=6)
    random = numpy.random.RandomState(6)
    states = {f"{path}.step": random.uniform(-4194304, 4194304, ()).astype(numpy.float32) for path in DROPS_STATES}
    files = {"drops_data": data, "drops_weights": weights | states}
    for name, batch, accumulate, steps, learning_rate in (("steps", 5, 1, 20, 0.05), ("micro", 2, 3, 1, 1.0)):
        losses, updates, after = train_batches(
            drops, weights, states, data["image"], data["label"], batch, accumulate, steps, learning_rate
        )
        files[f"drops_{name}_expected"] = (
            {"loss": losses} | with_prefix("update", updates[0]) | with_prefix("final", after)
        )
    return files


def one_step(name, net, shapes, inputs, targets, batch, loss, seed):
    """Files of one step from random weights, all of which are trained."""
    weights = random_weights(shapes, seed)
    losses, updates, _ = train(net, weights, list(shapes), inputs, targets, batch, 1, 1.0, loss)
    assert all(numpy.any(update) for update in updates[0].values()), f"{name}: an update of zeros compares nothing"
    return {f"{name}_weights": weights, f"{name}_expected": {"loss": losses} | with_prefix("update", updates[0])}


def layers():
    """Files of 20 steps for recurrences, and of one step for other layers and losses of the library."""
    random = numpy.random.RandomState(5)
    waves = random.uniform(-1, 1, (6, 4, 25)).astype(numpy.float32)
    ends = random.uniform(-1, 1, (6, 3)).astype(numpy.float32)
    data = {"series": waves, "t": ends}
    files = twenty_steps("series", series, SERIES_SHAPES, data, 4, learning_rate=0.5, seed=5, loss=mean_square)
    images = random_data(4, (3, 9, 6), 4, seed=5)
    files |= {"picture_data": images}
    files |= one_step("picture", picture, PICTURE_SHAPES, images["image"], images["label"], 4, cross_entropy, seed=11)
    images = random_data(4, (4, 9, 7), 3, seed=7)
    files |= {"sizes_data": images}
    files |= one_step("sizes", sizes, SIZES_SHAPES, images["image"], images["label"], 4, cross_entropy, seed=7)
    # Four samples where the losses bend, then four where e^x is no number any more.
    bends = numpy.array([[0.75, -0.75, 20, -20, 0, 1.25], [0, 1.5, -20, 20, 0.25, -0.5]])
    numbers = numpy.concatenate([bends, random.uniform(-2, 2, (2, 6)), 1e4 * random.choice([-1, 1], (4, 6))])
    whole = numpy.array([[0, 0, 1, 1, 0, 0], [0, 0.5, 0, 1, 1, 0.5]])
    targets = numpy.concatenate([whole, random.uniform(0, 1, (2, 6)), random.choice([0, 1], (4, 6))])
    numbers, targets = numbers.astype(numpy.float32), targets.astype(numpy.float32)
    labels = random.randint(0, 6, 8).astype(numpy.int32)
    files |= {
        "losses_data": {"x": numbers, "t": targets, "label": labels},
        "losses_weights": {"weight": numpy.ones(6, numpy.float32)},
    }
    for name, loss, target in (
        ("l1", l1_loss, targets),
        ("huber", huber_loss, targets),
        ("bce", bce_with_logits, targets),
        ("soft", soft_cross_entropy, targets),
        ("cosine", cosine_loss, targets),
        ("smooth", smooth_cross_entropy, labels),
    ):
        expected = {"loss": []}
        for first in (0, 4):
            four = slice(first, first + 4)
            losses, updates, _ = train(
                scaled, files["losses_weights"], ["weight"], numbers[four], target[four], 4, 1, 1.0, loss
            )
            expected["loss"].append(losses[0])
            expected |= with_prefix(f"{first}/update", updates[0])
        files[f"losses_{name}_expected"] = expected | {"loss": numpy.array(expected["loss"])}
    # Steps that are padding, in one sample all but the first, and labels that say nothing, in one sample all.
    steps = random.uniform(-1, 1, (4, 7, 8)).astype(numpy.float32)
    steps[1, :, 7] = [1, -1, 0, -1, -1, -1, -1]
    steps[2, :, 7] = numpy.abs(steps[2, :, 7])
    labels = random.randint(0, 4, (4, 7)).astype(numpy.int32)
    labels[3] = 0
    files |= {"tokens_data": {"x": steps, "label": labels}}
    for name, loss in (("ignore", ignoring_cross_entropy), ("weighted", weighted_cross_entropy)):
        made = one_step(f"tokens_{name}", tokens, TOKENS_SHAPES, steps, labels, 4, loss, seed=8)
        files |= {"tokens_weights": made[f"tokens_{name}_weights"], f"tokens_{name}_expected": made[f"tokens_{name}_expected"]}
    return files


def every_file():
    return (
        twenty_steps("mlp", mlp, MLP_SHAPES, random_data(30, (64,), 10, seed=1), 3, learning_rate=0.1, seed=1)
        | twenty_steps("cnn", cnn, CNN_SHAPES, random_data(30, (2, 9, 7), 5, seed=2), 3, learning_rate=0.05, seed=2)
        | small_cct()
        | single_parts()
        | batch_norms()
        | dropouts()
        | depthwise()
        | layers()
    )


def differences(name, arrays):
    with numpy.load(VECTORS / f"{name}.npz") as stored:
        if set(stored) != set(arrays):
            return [f"{name}: other arrays than before"]
        return [
            f"{name}: {key} differs"
            for key, array in arrays.items()
            if stored[key].shape != array.shape
            or numpy.abs(stored[key] - array).max() > (1e-6 if array.dtype == numpy.float32 else CHECK_TOLERANCE)
        ]


def main():
    files = every_file()
    if "--check" in sys.argv[1:]:
        problems = [problem for name, arrays in files.items() for problem in differences(name, arrays)]
        print("\n".join(problems) or f"{len(files)} files are what the programs give")
        sys.exit(1 if problems else 0)
    VECTORS.mkdir(exist_ok=True)
    for name, arrays in files.items():
        numpy.savez_compressed(VECTORS / f"{name}.npz", **arrays)


if __name__ == "__main__":
    main()
