#!/usr/bin/env python3
"""The rule by which updates are held against a reference, used wherever updates are compared.

    python3 update_rule.py REFERENCE.npz WEIGHTS_BEFORE.npz WEIGHTS_AFTER.npz

REFERENCE holds `update/PATH` at a learning rate of 1 (of make_vectors.py or cct_reference.py); the other
two are what `tdc` started from and saved after one step with `sgd(lr: 1)`.
"""

import sys

import numpy

RELATIVE = 1e-4
ABSOLUTE = 1e-7  # of the largest norm of any tensor's update


def violations(reference, got):
    """Texts for the tensors, by path, where ||d - d_ref|| > 1e-4 ||d_ref|| + 1e-7 max over tensors ||d_ref||."""
    largest = max(numpy.linalg.norm(array) for array in reference.values())
    problems = [f"{path}: no update" for path in reference if path not in got]
    for path, expected in reference.items():
        if path not in got:
            continue
        if got[path].shape != expected.shape:
            problems.append(f"{path}: shape {got[path].shape}, the reference has {expected.shape}")
            continue
        error = numpy.linalg.norm(got[path].astype(numpy.float64) - expected)
        norm = numpy.linalg.norm(expected)
        if not error <= RELATIVE * norm + ABSOLUTE * largest:
            problems.append(f"{path}: off by {error:.3g}, the update has {norm:.3g}, the largest {largest:.3g}")
    return problems


def main():
    reference, before, after = (numpy.load(path) for path in sys.argv[1:4])
    expected = {key.removeprefix("update/"): reference[key] for key in reference if key.startswith("update/")}
    got = {p: after[p].astype(numpy.float64) - before[p] for p in expected if p in before and p in after}
    moved = [p for p in after if p not in expected and p in before and not numpy.array_equal(after[p], before[p])]
    problems = violations(expected, got) + [f"{path}: is frozen and has changed" for path in moved]
    print("\n".join(problems) or f"{len(expected)} updates agree")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
