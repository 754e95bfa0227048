import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    x = inputs["x"]
    return {"y": 1 / (1 + jnp.exp(-x))}


CASES = [
    Case({"x": real(7, low=-8, high=8)}),
    Case({"x": real(2, 3, 5, low=-8, high=8)}),
]
