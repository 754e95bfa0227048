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


def tolerances(reference):
    """What ||d - d_ref|| may be, by path: 1e-4 ||d_ref|| + 1e-7 max over tensors ||d_ref||."""
    norms = {path: numpy.linalg.norm(array) for path, array in reference.items()}
    return {path: RELATIVE * norm + ABSOLUTE * max(norms.values()) for path, norm in norms.items()}


def compare_step(reference, before, after):
    """Holds one step from the weights `before` to `after` against the updates of the reference, all by path.

    Gives texts about updates that break the rule and about frozen weights that have changed, and the largest share
    of its tolerance that any update takes."""
    problems, shares = [], [0.0]
    for path, tolerance in tolerances(reference).items():
        expected = reference[path]
        if path not in before or path not in after or not before[path].shape == after[path].shape == expected.shape:
            problems.append(f"{path}: not in the shape {expected.shape} before and after")
            continue
        error = numpy.linalg.norm(after[path].astype(numpy.float64) - before[path] - expected)
        shares.append(error / tolerance)
        if not error <= tolerance:
            problems.append(f"{path}: off by {error:.3g} of {numpy.linalg.norm(expected):.3g}, allowed {tolerance:.3g}")
    for path in after:
        if path not in reference and not numpy.array_equal(after[path], before.get(path)):
            problems.append(f"{path}: is frozen and has changed")
    return problems, max(shares)


def main():
    reference, before, after = (dict(numpy.load(path)) for path in sys.argv[1:4])
    updates = {key.removeprefix("update/"): array for key, array in reference.items() if key.startswith("update/")}
    problems, share = compare_step(updates, before, after)
    print("\n".join(problems) or f"{len(updates)} updates agree, the worst takes {share:.2g} of its tolerance")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
