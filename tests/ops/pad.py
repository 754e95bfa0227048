import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    """A number before and after x along one axis."""
    x, axis = inputs["x"], attributes["axis"]
    widths = [(0, 0)] * x.ndim
    widths[axis] = (attributes["before"], attributes["after"])
    # The compiler rounds the number once.
    return {"y": jnp.pad(x, widths, constant_values=float(jnp.float32(attributes.get("value", 0))))}


CASES = [
    Case({"x": real(7)}, {"axis": -1, "before": 2, "after": 5}),
    Case({"x": real(4, 5)}, {"axis": -2, "before": 0, "after": 1, "value": 0.1}),
    Case({"x": real(2, 3, 5)}, {"axis": -2, "before": 1, "after": 0, "value": -3.0}),
    Case({"x": real(2, 3, 5)}, {"axis": -3, "before": 2, "after": 2}),
    Case({"x": given(1, jnp.nan, jnp.inf)}, {"axis": -1, "before": 1, "after": 1}),
]
