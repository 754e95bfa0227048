import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    x = inputs["x"]
    return {"y": x / (1 + jnp.exp(-x))}


CASES = [
    Case({"x": real(7, low=-4, high=4)}),
    Case({"x": real(2, 3, 5, low=-20, high=20)}),
    Case({"x": given(0.0, jnp.inf, -jnp.inf, jnp.nan)}),
]
