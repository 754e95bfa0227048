import jax
import jax.numpy as jnp
from max_pool2d import more_behind
from oracle import Case, real


def reference(inputs, attributes):
    """Sums of windows over the image between zeros, divided by the sums over what counts: an image of ones, or one
    with ones for its padding; behind it, where a last window may end, there are zeros always."""
    kernel, stride, padding = (attributes[name] for name in ("kernel", "stride", "padding"))
    x = inputs["x"]
    no_pads = [(0, 0)] * (x.ndim - 2)
    pads = no_pads + [(padding[0],) * 2, (padding[1],) * 2]
    more = [0, 0]
    if attributes.get("ceil_mode", False):
        more = [more_behind(x.shape[i - 2], kernel[i], stride[i], padding[i]) for i in (0, 1)]

    def sums(padded):
        ones = (1,) * (x.ndim - 2)
        padded = jnp.pad(padded, no_pads + [(0, more[0]), (0, more[1])])
        return jax.lax.reduce_window(padded, 0.0, jax.lax.add, ones + tuple(kernel), ones + tuple(stride), "VALID")

    counts = 1.0 if attributes.get("count_include_pad", True) else 0.0
    positions = sums(jnp.pad(jnp.ones_like(x), pads, constant_values=counts))
    return {"y": sums(jnp.pad(x, pads)) / positions}


CASES = [
    Case({"x": real(2, 4, 6)}, {"kernel": [2, 2], "stride": [2, 2], "padding": [0, 0]}),
    Case({"x": real(2, 9, 7)}, {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]}),
    Case({"x": real(9, 7)}, {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1], "count_include_pad": False}),
    Case({"x": real(3, 5, 8)}, {"kernel": [2, 3], "stride": [1, 2], "padding": [0, 1], "count_include_pad": False}),
    # Last windows that reach beyond the padding, or would start there; a window larger than all.
    Case(
        {"x": real(2, 7, 8)},
        {"kernel": [3, 2], "stride": [2, 3], "padding": [1, 0], "ceil_mode": True, "count_include_pad": False},
    ),
    Case({"x": real(2, 6, 6)}, {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1], "ceil_mode": True}),
    Case({"x": real(5, 6)}, {"kernel": [2, 2], "stride": [3, 2], "padding": [1, 1], "ceil_mode": True}),
    Case({"x": real(3, 2, 5)}, {"kernel": [3, 4], "stride": [2, 3], "padding": [0, 2], "ceil_mode": True}),
    # Overlapping windows, and positions in no window.
    Case({"x": real(2, 2, 5, 5)}, {"kernel": [3, 2], "stride": [1, 3], "padding": [1, 0], "count_include_pad": True}),
]
