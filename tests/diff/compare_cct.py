#!/usr/bin/env python3
"""Trains the full-sized examples/cct/cct.td with tdc on this machine, and holds it against the independent CCT.

    python3 compare_cct.py TDC

One step of every strategy from the shipped weights and one from random ones, and ten steps of `lora2` with
`batch 1 accumulate 4`, each of which starts from the reference's weights: the loss, every update by the rule of
update_rule.py, and that nothing else moves. Both sides are computed anew, so there is nothing to keep up to date.

The images are the first that the shipped net misreads. Of one that it is sure of, the gradient is what rounding
leaves of 1 - p, which says little about a program.
"""

import concurrent.futures
import csv
import functools
import pathlib
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy
from cct_reference import load_weights
from nets import CCT_FULL, STRATEGIES, cct, cct_shapes, cct_trained, cross_entropy
from training import random_weights, train
from update_rule import compare_step

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "cct"
BATCH = {"full": 8}  # of the other strategies: 1
ACCUMULATE = 4
LOOKED_AT = 100
LOSS_TOLERANCE = 1e-5
# A softmax does not see a constant, so the bias of what goes into one has no gradient.
STRUCTURAL_ZEROS = {"pool.bias"}


@dataclass
class Case:
    """One step: its `train` block in the test's variant of the file, and what the reference says."""

    name: str
    train: str
    weights: dict
    data: dict
    loss: float
    updates: dict


def variant():
    """cct.td with a rate of 1 in every block, and `lora2_steps`."""
    text, rates = re.subn(r"sgd\(lr: [0-9.]+\)", "sgd(lr: 1.0)", (EXAMPLE / "cct.td").read_text())
    text = re.sub(r"\n  schedule .*", "", text)
    assert rates == text.count("\ntrain "), "a block without `sgd(lr: NUMBER)`"
    block = re.search(r"\ntrain lora2 of CCT \{(.*?)\n\}", text, re.DOTALL).group(1)
    assert "batch" not in block
    return text + f"\ntrain lora2_steps of CCT {{{block}\n  batch 1 accumulate {ACCUMULATE}\n}}\n"


def start_weights(origin, strategy):
    """The shipped weights or random ones, with adapters for what the strategy adapts: neither factor is
    zero, and beside shipped weights they are small, as after some training."""
    wanted = cct_shapes(CCT_FULL, has_adapters=True)
    wanted = {p: shape for p, shape in wanted.items() if "lora" not in p or p in cct_trained(strategy, CCT_FULL)}
    weights = random_weights(wanted, seed=11)
    if origin == "shipped":
        weights |= load_weights(EXAMPLE / "pretrained.safetensors")
        weights |= {p: a * numpy.float32(0.1) for p, a in weights.items() if p.endswith("lora_b")}
    return weights


@functools.cache
def misread_samples():
    """Among the first images, those whose loss with the shipped weights is above 1, in their order."""
    with numpy.load(EXAMPLE / "shifted_train.npz") as data:
        images, labels = data["image"][:LOOKED_AT], data["label"][:LOOKED_AT]
    weights = {path: jnp.asarray(array, "float64") for path, array in start_weights("shipped", "ft2").items()}
    logits = jax.lax.map(lambda image: cct(weights, image, CCT_FULL), jnp.asarray(images / 255.0))
    misread = numpy.asarray(jax.vmap(cross_entropy)(logits, labels)) > 1
    return {"image": images[misread], "label": labels[misread]}


def samples(first, count):
    chosen = {name: array[first : first + count] for name, array in misread_samples().items()}
    assert len(chosen["label"]) == count, "the shipped net reads too many images right"
    return chosen


def reference(strategy, weights, data, batch, steps=1, learning_rate=1.0):
    net = functools.partial(cct, size=CCT_FULL)
    trained = cct_trained(strategy, CCT_FULL)
    return train(net, weights, trained, data["image"] / 255.0, data["label"], batch, steps, learning_rate)


def first_steps(origin, strategy):
    weights = start_weights(origin, strategy)
    data = samples(0, BATCH.get(strategy, 1))
    losses, updates, _ = reference(strategy, weights, data, len(data["label"]))
    return [Case(f"{strategy}, {origin} weights", strategy, weights, data, losses[0], updates[0])]


def ten_steps():
    """Trained at 0.05. A step starts from the reference's weights rounded to 32 bits, to which its update is far
    less sensitive than the rule."""
    weights = start_weights("shipped", "lora2")
    losses, updates, history = reference("lora2", weights, samples(0, 10 * ACCUMULATE), ACCUMULATE, 10, 0.05)
    return [
        Case(
            f"lora2 accumulate {ACCUMULATE}, step {number}",
            "lora2_steps",
            weights | {path: array.astype(numpy.float32) for path, array in history[number].items()},
            samples(number * ACCUMULATE, ACCUMULATE),
            losses[number],
            updates[number],
        )
        for number in range(10)
    ]


def check(case, tdc, program):
    """Texts about what differs, and how much of the rule's tolerance the worst update takes."""
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        numpy.savez(work / "weights.npz", **case.weights)
        numpy.savez(work / "data.npz", **case.data)
        command = [tdc, "run", program, "--train", case.train, "--on", "host", "--steps", "1"]
        files = ["--data", "data.npz", "--weights", "weights.npz", "--save", "after.npz", "--losses", "losses.csv"]
        run = subprocess.run(command + files, cwd=work, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return [run.stdout + run.stderr], 0
        with numpy.load(work / "after.npz") as saved:
            after = dict(saved)
        rows = list(csv.DictReader((work / "losses.csv").open()))
    problems, share = compare_step(case.updates, case.weights, after)
    loss = float(rows[0]["loss"])
    if not abs(loss - case.loss) <= LOSS_TOLERANCE * abs(case.loss):
        problems.append(f"the loss is {loss}, the reference's {case.loss}")
    norms = {path: numpy.linalg.norm(update) for path, update in case.updates.items()}
    zeros = {path for path, norm in norms.items() if norm <= 1e-12 * max(norms.values())}
    if zeros != STRUCTURAL_ZEROS & set(norms):
        problems.append(f"no gradient for {sorted(zeros)}")
    return problems, share


def main():
    tdc = str(pathlib.Path(sys.argv[1]).resolve())
    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        program = pathlib.Path(folder) / "cct.td"
        program.write_text(variant())
        misread_samples()  # once, before two threads ask
        groups = [pool.submit(first_steps, o, s) for s in STRATEGIES for o in ("shipped", "random")]
        groups.append(pool.submit(ten_steps))
        cases = [case for group in groups for case in group.result()]
        for case, (problems, share) in zip(cases, pool.map(lambda case: check(case, tdc, str(program)), cases)):
            failed += bool(problems)
            print(f"{case.name}: {len(case.updates)} updates, the worst takes {share:.2g} of its tolerance")
            print("".join(f"    {problem}\n" for problem in problems), end="", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
