#!/usr/bin/env python3
"""Writes what every op should compute, from references in JAX that know nothing of the compiler.

    python3 oracle.py [OP ...]             writes vectors/OP.json and vectors/OP.npz (all ops if none is named)
    python3 oracle.py --check [OP ...]     computes them anew and compares with the files, to 1e-11

README.md beside this file says what a reference file and the vectors hold. Everything is computed in
64-bit floats; inputs are drawn so that 32-bit floats hold them exactly.
"""

import importlib
import json
import pathlib
import sys
import zlib
from dataclasses import dataclass, field

import jax
import numpy

jax.config.update("jax_enable_x64", True)

HERE = pathlib.Path(__file__).parent
VECTORS = HERE / "vectors"
CHECK_TOLERANCE = 1e-11


@dataclass
class Operand:
    """How an input is drawn: uniformly from [low, high), reals or whole numbers; or its elements."""

    dims: tuple
    low: float
    high: float
    is_whole: bool
    elements: tuple = ()


def real(*dims, low=-2.0, high=2.0):
    return Operand(dims, low, high, False)


def whole(*dims, high, low=0):
    return Operand(dims, low, high, True)


def given(*elements):
    """A row of these reals: where formulas change, zeros of both signs, infinities, NaN."""
    return Operand((len(elements),), 0, 0, False, elements)


@dataclass
class Case:
    """One call: inputs in the order of the op's signature, attributes as in a `.td` file."""

    inputs: dict
    attributes: dict = field(default_factory=dict)


def draw(operand, random):
    if operand.elements:
        return numpy.array(operand.elements, dtype=numpy.float32)
    if operand.is_whole:
        return random.randint(operand.low, operand.high, operand.dims).astype(numpy.int32)
    return random.uniform(operand.low, operand.high, operand.dims).astype(numpy.float32)


def is_real(array):
    return numpy.issubdtype(array.dtype, numpy.floating)


def run_case(module, case, seed):
    """The arrays of one case, as {"input": {name: array}, "output": .., "cotangent": .., "gradient": ..}."""
    random = numpy.random.RandomState(seed)  # its streams are frozen for good
    inputs = {name: draw(operand, random) for name, operand in case.inputs.items()}
    reals = {n: jax.numpy.asarray(a, dtype="float64") for n, a in inputs.items() if is_real(a)}
    others = {n: a for n, a in inputs.items() if n not in reals}

    def outputs_of(reals):
        return module.reference(reals | others, case.attributes)

    outputs, pull_back = jax.vjp(outputs_of, reals)
    outputs = {name: numpy.asarray(array) for name, array in outputs.items()}
    cotangents = {
        name: random.uniform(-1, 1, array.shape).astype(numpy.float32) for name, array in outputs.items()
    }
    (gradients,) = pull_back({name: array.astype(numpy.float64) for name, array in cotangents.items()})
    return {
        "input": inputs,
        "output": outputs,
        "cotangent": cotangents,
        "gradient": {name: numpy.asarray(array) for name, array in gradients.items()},
    }


def run_op(op):
    """The description (for the .json) and the arrays (for the .npz) of all cases of an op."""
    module = importlib.import_module(op)
    cases, arrays = [], {}
    for index, case in enumerate(module.CASES):
        # Each case has a stream of its own, so that a new case changes no other.
        groups = run_case(module, case, zlib.crc32(f"{op} {index}".encode()))
        cases.append({"attributes": case.attributes, "inputs": list(groups["input"]), "outputs": list(groups["output"])})
        for group, members in groups.items():
            for name, array in members.items():
                arrays[f"{index}/{group}/{name}"] = array
    return {"op": op, "cases": cases}, arrays


def write(op):
    description, arrays = run_op(op)
    VECTORS.mkdir(exist_ok=True)
    (VECTORS / f"{op}.json").write_text(json.dumps(description, indent=1) + "\n")
    numpy.savez_compressed(VECTORS / f"{op}.npz", **arrays)


def check(op):
    """What differs between the files and a new computation, as texts."""
    description, arrays = run_op(op)
    if json.loads((VECTORS / f"{op}.json").read_text()) != description:
        return [f"{op}: the cases have changed; write the vectors again"]
    problems = []
    with numpy.load(VECTORS / f"{op}.npz") as stored:
        if set(stored) != set(arrays):
            return [f"{op}: the arrays have changed; write the vectors again"]
        for name, array in arrays.items():
            if is_other(stored[name], array):
                problems.append(f"{op}: {name} differs")
            if problem := blind_spot(array):
                problems.append(f"{op}: {name}: {problem}")
    return problems


def is_other(stored, array):
    """Whether two arrays differ by more than the tolerance; infinities and NaN are equal to themselves only."""
    if stored.shape != array.shape or stored.dtype != array.dtype:
        return True
    scale = max(1.0, numpy.abs(array[numpy.isfinite(array)]).max(initial=0))
    return not numpy.allclose(stored, array, rtol=0, atol=CHECK_TOLERANCE * scale, equal_nan=True)


def blind_spot(array):
    """What a check of this array would not notice: every element is damaged in turn, and must be seen."""
    small = 1e-9 * max(1.0, numpy.abs(array[numpy.isfinite(array)]).max(initial=0))
    for index in numpy.ndindex(array.shape):
        for wrong in [1] if array.dtype.kind == "i" else [small, numpy.inf, numpy.nan]:
            damaged = array.copy()
            damaged[index] = wrong if not numpy.isfinite(wrong) else damaged[index] + wrong
            if not numpy.array_equal(damaged, array, equal_nan=damaged.dtype.kind == "f") and not is_other(damaged, array):
                return f"{wrong} at {index} is not noticed"
    return ""


def main():
    arguments = sys.argv[1:]
    is_check = "--check" in arguments
    sys.path.insert(0, str(HERE))
    sys.modules["oracle"] = sys.modules["__main__"]  # reference files import this one
    every_op = sorted(path.stem for path in HERE.glob("*.py") if path.stem != "oracle")
    ops = [a for a in arguments if a != "--check"] or every_op
    if unknown := sorted(set(ops) - set(every_op)):
        sys.exit(f"no reference file for {', '.join(unknown)}")
    if not is_check:
        for op in ops:
            write(op)
        return
    problems = [problem for op in ops for problem in check(op)]
    print("\n".join(problems) or f"{len(ops)} ops: the vectors are what the references give")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
