import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    """Where the largest element stands along an axis; the first of equal ones, or the first NaN."""
    x, axis = inputs["x"], attributes["axis"]
    count = x.shape[axis]
    order = jnp.arange(count).reshape([-1] + [1] * (-axis - 1))
    largest = jnp.where(jnp.isnan(x).any(axis=axis, keepdims=True), jnp.isnan(x), x == jnp.nanmax(x, axis=axis, keepdims=True))
    # The gradient is nothing; floats, as the vectors hold no other outputs.
    return {"y": jnp.where(largest, order, count).min(axis=axis).astype(float)}


CASES = [
    Case({"x": real(3, 5)}, {"axis": -1}),
    Case({"x": real(3, 5)}, {"axis": -2}),
    Case({"x": real(2, 4, 3)}, {"axis": -2}),
    Case({"x": real(7)}, {"axis": -1}),
    Case({"x": given(1, 3, 3, 2)}, {"axis": -1}),
    Case({"x": given(-0.0, 0.0)}, {"axis": -1}),
    Case({"x": given(1, jnp.nan, jnp.inf, jnp.nan)}, {"axis": -1}),
    Case({"x": given(-jnp.inf, -jnp.inf)}, {"axis": -1}),
]
