import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    x, slope = inputs["x"], attributes.get("slope", 0.01)
    # The gradient is the slope at 0.
    return {"y": jnp.where(x > 0, x, slope * x)}


CASES = [
    Case({"x": real(7)}, {"slope": 0.25}),
    Case({"x": real(2, 3, 5)}, {"slope": -0.5}),
    Case({"x": real(7)}),
    Case({"x": given(0.0, -0.0, jnp.inf, -jnp.inf, jnp.nan)}, {"slope": 0.5}),
]
