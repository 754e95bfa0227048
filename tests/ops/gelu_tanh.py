import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    x = inputs["x"]
    return {"y": 0.5 * x * (1 + jnp.tanh(jnp.sqrt(2 / jnp.pi) * (x + 0.044715 * x**3)))}


CASES = [
    Case({"x": real(7, low=-4, high=4)}),
    Case({"x": real(2, 3, 5, low=-9, high=9)}),
    Case({"x": given(0.0, jnp.nan)}),
]
