from oracle import Case, real


def reference(inputs, attributes):
    """Outside of training nothing is dropped. Training is in ../diff/nets.py."""
    return {"y": inputs["x"]}


CASES = [
    Case({"x": real(7), "step": real()}, {"p": 0.5}),
    Case({"x": real(2, 3, 5), "step": real()}, {"p": 0.25}),
]
