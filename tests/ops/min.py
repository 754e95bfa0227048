import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    axes = tuple(attributes["axis"])
    return {"y": jnp.min(inputs["x"], axis=axes, keepdims=attributes.get("keep", False))}


CASES = [
    Case({"x": real(19)}, {"axis": [-1]}),
    Case({"x": real(3, 5)}, {"axis": [-1]}),
    Case({"x": real(3, 5)}, {"axis": [-2], "keep": True}),
    Case({"x": real(2, 3, 5)}, {"axis": [-3, -1]}),
    Case({"x": real(2, 3, 4, 5)}, {"axis": [-2, -1], "keep": True}),
]
