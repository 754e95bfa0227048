import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    """A constant for gradients."""
    return {"y": jnp.sign(inputs["x"])}


CASES = [
    Case({"x": real(7)}),
    Case({"x": real(2, 3, 5)}),
    Case({"x": given(0.0, -0.0, jnp.inf, -jnp.inf, jnp.nan)}),
]
