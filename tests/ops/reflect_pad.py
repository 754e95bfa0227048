import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    """Mirror images before and after x along one axis."""
    x, axis = inputs["x"], attributes["axis"]
    widths = [(0, 0)] * x.ndim
    widths[axis] = (attributes["before"], attributes["after"])
    return {"y": jnp.pad(x, widths, mode="reflect")}


# Images as wide as they can be, and of one side only.
CASES = [
    Case({"x": real(7)}, {"axis": -1, "before": 2, "after": 6}),
    Case({"x": real(4, 5)}, {"axis": -2, "before": 3, "after": 3}),
    Case({"x": real(2, 3, 5)}, {"axis": -2, "before": 1, "after": 0}),
    Case({"x": real(2, 3, 5)}, {"axis": -1, "before": 0, "after": 4}),
    Case({"x": real(4, 2)}, {"axis": -2, "before": 1, "after": 2}),
]
