import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    x, alpha = inputs["x"], attributes.get("alpha", 1.0)
    below = jnp.where(x > 0, 0, x)
    return {"y": jnp.where(x > 0, x, alpha * jnp.expm1(below))}


CASES = [
    Case({"x": real(7, low=-4, high=4)}),
    Case({"x": real(2, 3, 5, low=-4, high=4)}, {"alpha": 0.5}),
    Case({"x": given(0.0, -0.0, -30, jnp.inf, -jnp.inf, jnp.nan)}, {"alpha": 0.5}),
]
