import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    x, low, high = inputs["x"], attributes["low"], attributes["high"]
    # The gradient is 0 at the bounds.
    return {"y": jnp.where(x <= low, low, jnp.where(x >= high, high, x))}


CASES = [
    Case({"x": real(17)}, {"low": -0.5, "high": 1.25}),
    Case({"x": real(2, 3, 5)}, {"low": 0, "high": 1}),
    Case({"x": real(7)}, {"low": 0.5, "high": 0.5}),
    Case({"x": given(-1, 1, 0.5, jnp.inf, -jnp.inf, jnp.nan)}, {"low": -1, "high": 1}),
]
