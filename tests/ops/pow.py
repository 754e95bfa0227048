import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    return {"y": jnp.power(inputs["x"], float(attributes["exponent"]))}


CASES = [
    Case({"x": real(7)}, {"exponent": 2}),
    Case({"x": real(2, 3, 5)}, {"exponent": 3}),
    Case({"x": real(7, low=0.1, high=3)}, {"exponent": 2.5}),
    Case({"x": real(3, 5, low=0.1, high=3)}, {"exponent": -0.75}),
    Case({"x": real(7)}, {"exponent": 0}),
    Case({"x": real(7)}, {"exponent": 1}),
    Case({"x": given(0.0, 1, jnp.inf, -jnp.inf, jnp.nan, -1)}, {"exponent": 2.5}),
    Case({"x": given(0.0, -0.0, jnp.inf, -jnp.inf, jnp.nan)}, {"exponent": 3}),
    Case({"x": given(0.0, jnp.inf, -jnp.inf, jnp.nan)}, {"exponent": -2}),
]
