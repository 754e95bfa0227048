import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    """1 where the comparison holds, else 0; it has no slope."""
    return {"y": jnp.where(inputs["a"] < inputs["b"], 1.0, 0.0)}


# Shapes are aligned at their ends; an axis of extent 1 is repeated.
CASES = [
    Case({"a": real(3, 5), "b": real(3, 5)}),
    Case({"a": real(2, 3, 5), "b": real(5)}),
    Case({"a": real(2, 1, 5), "b": real(3, 1)}),
    Case({"a": real(), "b": real(2, 3)}),
    Case({"a": given(1, 0.0, jnp.inf, jnp.inf, jnp.nan, 1, jnp.nan), "b": given(1, -0.0, jnp.inf, -jnp.inf, 1, jnp.nan, jnp.nan)}),
]
