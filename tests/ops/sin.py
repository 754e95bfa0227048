import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    return {"y": jnp.sin(inputs["x"])}


CASES = [
    Case({"x": real(7, low=-4, high=4)}),
    Case({"x": real(2, 3, 5, low=-100, high=100)}),
    Case({"x": given(0.0, -0.0, 1e30, jnp.inf, -jnp.inf, jnp.nan)}),
]
