import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    x = inputs["x"]
    return {"y": jnp.sqrt(x)}


CASES = [
    Case({"x": real(7, low=0.01, high=20)}),
    Case({"x": real(2, 3, 5, low=0.01, high=20)}),
]
