import jax
import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    """Sums of windows over the image between zeros, divided by the sums over an image of ones."""
    kernel, stride, padding = (attributes[name] for name in ("kernel", "stride", "padding"))

    def sums(x):
        ones = (1,) * (x.ndim - 2)
        pads = [(0, 0)] * (x.ndim - 2) + [(padding[0],) * 2, (padding[1],) * 2]
        return jax.lax.reduce_window(x, 0.0, jax.lax.add, ones + tuple(kernel), ones + tuple(stride), pads)

    x = inputs["x"]
    count_include_pad = attributes.get("count_include_pad", True)
    positions = kernel[0] * kernel[1] if count_include_pad else sums(jnp.ones_like(x))
    return {"y": sums(x) / positions}


CASES = [
    Case({"x": real(2, 4, 6)}, {"kernel": [2, 2], "stride": [2, 2], "padding": [0, 0]}),
    Case({"x": real(2, 9, 7)}, {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]}),
    Case({"x": real(9, 7)}, {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1], "count_include_pad": False}),
    Case({"x": real(3, 5, 8)}, {"kernel": [2, 3], "stride": [1, 2], "padding": [0, 1], "count_include_pad": False}),
    # Overlapping windows, and positions in no window.
    Case({"x": real(2, 2, 5, 5)}, {"kernel": [3, 2], "stride": [1, 3], "padding": [1, 0], "count_include_pad": True}),
]
