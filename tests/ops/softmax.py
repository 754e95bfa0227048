import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    x, axis = inputs["x"], attributes["axis"]
    e = jnp.exp(x - x.max(axis=axis, keepdims=True))
    return {"y": e / e.sum(axis=axis, keepdims=True)}


CASES = [
    Case({"x": real(11, low=-6, high=6)}, {"axis": -1}),
    Case({"x": real(3, 5, low=-6, high=6)}, {"axis": -1}),
    Case({"x": real(2, 3, 5)}, {"axis": -1}),
    Case({"x": real(11, 4, low=-6, high=6)}, {"axis": -2}),
    Case({"x": real(2, 9, 3, low=-6, high=6)}, {"axis": -2}),
    Case({"x": real(4, 2, 3, 2)}, {"axis": -4}),
]
