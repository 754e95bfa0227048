import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    x, axis = inputs["x"], attributes.get("axis", -1)
    difference = x - x.max(axis=axis, keepdims=True)
    return {"y": difference - jnp.log(jnp.exp(difference).sum(axis=axis, keepdims=True))}


CASES = [
    Case({"x": real(11, low=-6, high=6)}, {"axis": -1}),
    Case({"x": real(3, 5, low=-6, high=6)}, {"axis": -1}),
    Case({"x": real(2, 3, 5)}),
    # Where softmax is 0 in 32 bits, its logarithm is not.
    Case({"x": given(-300, 0, 250, -1000)}),
    Case({"x": real(11, 4, low=-6, high=6)}, {"axis": -2}),
    Case({"x": real(2, 9, 3, low=-6, high=6)}, {"axis": -2}),
    Case({"x": real(4, 2, 3, 2)}, {"axis": -4}),
]
