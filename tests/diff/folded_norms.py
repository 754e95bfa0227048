#!/usr/bin/env python3
"""`tdc weights fold` against NumPy, and nets with folded norms against what they were: a net with every layer that a norm can be folded
into, and the models of mlperf_tiny. Usage: folded_norms.py TDC (needs numpy)
"""
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDS = """tdl 1

use std.nn

let statistics = "batch"

/// Positions of channels are mixed by a matrix on the left, which has no bias.
block Mix(x: f32[c, s], out: dim) -> f32[out, s] {
  param w: f32[out, c] = kaiming_uniform(fan_in: c)
  return w @ x
}

/// A matrix stored [in, out], with the bias on the left of the sum.
block Dense(x: f32[n], out: dim) -> f32[out] {
  param w: f32[n, out] = kaiming_uniform(fan_in: n)
  param b: f32[out] as bias = uniform(0.5)
  return b + x @ w
}

/// Norms behind every kind of layer that they can be folded into, and two that have to stay.
net Folds(image: f32[3, 8, 9]) -> y: f32[5] {
  a = Conv2d(image, 4, kernel: 3, padding: 1) as conv |> BatchNorm2d(statistics: statistics, eps: 0.01) as norm1
  b = Conv2d(relu(a), 8, kernel: (3, 2), groups: 4, bias: false) as grouped |> BatchNorm2d(statistics: statistics) as norm2
  c = ConvTranspose2d(relu(b), 6, kernel: 2, stride: 2, groups: 2) as up |> BatchNorm2d(statistics: statistics) as norm3
  d = relu(c) |> reshape([6, 12 * 16]) |> Conv1d(4, kernel: 3) as signal |> BatchNorm1d(statistics: statistics) as norm4
  e = relu(d) |> Mix(7) as mix |> BatchNorm1d(statistics: statistics) as norm5
  f = mean(relu(e), axis: -1) |> Linear(6) as fc |> BatchNorm(statistics: statistics) as norm6
  g = Dense(relu(f), 5) as dense |> BatchNorm(statistics: statistics) as norm7
  h = BatchNorm(tanh(g)) as behind_tanh
  twice = Linear(h, 5) as read_twice
  return twice + BatchNorm(twice) as beside
}

train all of Folds {
  target     label: class(5)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.05)
  batch      4
  freeze     {conv,up,signal,fc,dense}.bias
}
"""
# Norm, the weight before it, its axis of channels (of a transposed convolution in two groups the last but two of [2, inputs, outputs,
# ..]), epsilon.
FOLDED = [
    ("norm1", "conv", 0, 0.01),
    ("norm2", "grouped", 0, 1e-5),
    ("norm3", "up", None, 1e-5),
    ("norm4", "signal", 0, 1e-5),
    ("norm5", "mix", 0, 1e-5),
    ("norm6", "fc", 0, 1e-5),
    ("norm7", "dense", 1, 1e-5),
]
MODELS = {"resnet8": 7, "ds_cnn": 9, "mobilenet_v1": 27, "deep_ae": 9}  # and their norms
SAMPLES = 8
ROUNDING = 1e-4  # of up to 27 layers, relative to the largest result; what was measured is printed
STEPS = 40  # after which running statistics are near those of the samples


def closing(text, opening):
    """The index of the parenthesis that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return index
    sys.exit("a parenthesis is not closed")


def folded_text(text):
    """A model whose norms are all folded."""
    for call in reversed(list(re.finditer(r"\bBatchNorm(2d)?\(", text))):
        end = closing(text, call.end() - 1)
        text = text[:end] + ', statistics: "folded"' + text[end:]
    return re.sub(r"^  assert .*\n", "", text, flags=re.M)


def drawn(rng, array):
    """What scales and moves channels, moved so that no two are alike."""
    return array * rng.uniform(0.8, 1.25, array.shape).astype("f4") + (rng.normal(0, 0.1, array.shape).astype("f4") ** 2)


class Net:
    """A program in a folder of its own, with samples and weights that are drawn for it."""

    def __init__(self, tdc, source, folder):
        self.tdc, self.source, self.folder = tdc, source, folder
        text = source.read_text()
        shape = [int(extent) for extent in re.search(r"^net \w+\(\w+: f32\[([^\]]*)\]", text, re.M)[1].split(",")]
        name = re.search(r"^net \w+\((\w+):", text, re.M)[1]
        rng = np.random.default_rng(1)
        samples = {name: rng.normal(size=(SAMPLES, *shape)).astype("f4")}
        if "label: class" in text:
            samples["label"] = np.arange(SAMPLES, dtype="i4") % 2
        np.savez(folder / "data.npz", **samples)
        self.run("run", source, "--on", "host", "--deploy", "host", "--data", folder / "data.npz", "--steps", STEPS, "--save", folder / "start.npz")
        weights = {key: drawn(rng, array) if array.ndim == 1 else array for key, array in np.load(folder / "start.npz").items()}
        np.savez(folder / "weights.npz", **weights)

    def run(self, *arguments):
        ran = subprocess.run([self.tdc, *map(str, arguments)], capture_output=True, text=True)
        if ran.returncode != 0:
            sys.exit(f"{arguments}: {ran.stderr}")
        return ran.stdout

    def fold(self):
        """What the command says, and the weights that it wrote."""
        said = self.run("weights", "fold", self.source, "--weights", self.folder / "weights.npz", "--save", self.folder / "folded.npz")
        return said, dict(np.load(self.folder / "folded.npz"))

    def results(self, source, weights):
        self.run("run", source, "--on", "host", "--deploy", "host", "--infer", "--data", self.folder / "data.npz",
                 "--weights", self.folder / weights, "--save", self.folder / "results.npz")  # fmt: skip
        (array,) = np.load(self.folder / "results.npz").values()
        return array.astype(float)

    def difference(self, folded):
        """How far the folded net's results are from the net's, relative to the largest."""
        text = self.folder / f"folded_{self.source.name}"
        text.write_text(folded)
        for beside in self.source.parent.glob("*.td"):
            if beside.stem == "chips":
                (self.folder / beside.name).write_text(beside.read_text())
        before = self.results(self.source, "weights.npz")
        after = self.results(text, "folded.npz")
        assert np.ptp(before, axis=0).max() > 0.01 * np.abs(before).max(), "results that would not show a difference"
        return np.abs(after - before).max() / np.abs(before).max()


def expected(weights):
    """The folded weights of FOLDS, by their definition."""
    result = dict(weights)
    for norm, layer, axis, epsilon in FOLDED:
        scale = weights[f"{norm}.weight"].astype(float) / np.sqrt(weights[f"{norm}.running_var"].astype(float) + epsilon)
        path = f"{layer}.w" if f"{layer}.w" in weights else f"{layer}.weight"
        weight = weights[path].astype(float)
        if axis is None:
            inputs, outputs, rows, columns = weight.shape
            grouped = weight.reshape(2, inputs // 2, outputs, rows, columns) * scale.reshape(2, 1, outputs, 1, 1)
            scaled = grouped.reshape(weight.shape)
        else:
            scaled = np.moveaxis(np.moveaxis(weight, axis, -1) * scale, -1, axis)
        result[path] = scaled.astype("f4")
        bias = weights.get(f"{layer}.bias", np.zeros_like(scale, dtype="f4"))
        moved = weights[f"{norm}.bias"] + (bias.astype(float) - weights[f"{norm}.running_mean"]) * scale
        result[f"{norm}.bias"] = moved.astype("f4")
        if f"{layer}.bias" in weights:
            result[f"{layer}.bias"] = np.zeros_like(bias)
        for name in ("weight", "running_mean", "running_var"):
            del result[f"{norm}.{name}"]
    return result


def main():
    tdc = pathlib.Path(sys.argv[1]).resolve()
    counts = {True: 0, False: 0}

    def check(what, holds):
        counts[bool(holds)] += 1
        print(f"{'ok    ' if holds else 'FAILED'} {what}")

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name) / "folds"
        folder.mkdir()
        source = folder / "folds.td"
        source.write_text(FOLDS)
        net = Net(tdc, source, folder)
        said, folded = net.fold()
        wanted = expected(dict(np.load(folder / "weights.npz")))
        check("folds: norms behind a bend, or behind what is read elsewhere, stay, and are named",
              "folded 7 of 9 norms" in said and re.findall(r"^kept `(\w+)`: ", said, re.M) == ["behind_tanh", "beside"])  # fmt: skip
        check("folds: the same arrays in the same order", list(folded) == [key for key in np.load(folder / "weights.npz") if key in wanted])
        check("folds: the weights that NumPy makes", all(np.array_equal(folded[key], wanted[key]) for key in wanted))
        difference = net.difference(FOLDS.replace('let statistics = "batch"', 'let statistics = "folded"'))
        check(f"folds: the results of the net with norms ({difference:.1e})", difference < ROUNDING)
        for model, norms in MODELS.items():
            folder = pathlib.Path(name) / model
            folder.mkdir()
            net = Net(tdc, ROOT / f"examples/mlperf_tiny/{model}.td", folder)
            said, _ = net.fold()
            check(f"{model}: all norms are folded", f"folded {norms} of {norms} norms" in said)
            difference = net.difference(folded_text(net.source.read_text()))
            check(f"{model}: the results of the net with norms ({difference:.1e})", difference < ROUNDING)
    print(f"{counts[True]} passed, {counts[False]} failed")
    sys.exit(counts[False] > 0)


if __name__ == "__main__":
    main()
