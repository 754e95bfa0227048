import jax.lax
import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    return {"y": jax.lax.rsqrt(inputs["x"])}


CASES = [
    Case({"x": real(7, low=0.01, high=20)}),
    Case({"x": real(2, 3, 5, low=0.01, high=20)}),
    Case({"x": given(0.0, jnp.inf, -1, jnp.nan)}),
]
