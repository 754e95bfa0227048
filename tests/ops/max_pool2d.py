import jax.numpy as jnp
from oracle import Case, real


def more_behind(extent, kernel, stride, padding):
    """How many positions more behind the padding hold all windows that start in front of it on this side."""
    end = padding + extent
    last = max(start for start in range(0, end, stride) if start == 0 or start + kernel - stride < end + padding)
    return max(0, last + kernel - (end + padding))


def reference(inputs, attributes):
    """The maximum of each window; outside of the image there is nothing, not zero."""
    x = inputs["x"]
    kernel = attributes["kernel"]
    stride = attributes.get("stride", kernel)
    padding = attributes.get("padding", [0, 0])
    more = [0, 0]
    if attributes.get("ceil_mode", False):
        more = [more_behind(x.shape[i - 2], kernel[i], stride[i], padding[i]) for i in (0, 1)]
    pads = [(0, 0)] * (x.ndim - 2) + [(padding[i], padding[i] + more[i]) for i in (0, 1)]
    x = jnp.pad(x, pads, constant_values=-jnp.inf)
    rows = (x.shape[-2] - kernel[0]) // stride[0] + 1
    columns = (x.shape[-1] - kernel[1]) // stride[1] + 1
    y = None
    for p in range(kernel[0]):
        for q in range(kernel[1]):
            window = x[..., p : p + (rows - 1) * stride[0] + 1 : stride[0], q : q + (columns - 1) * stride[1] + 1 : stride[1]]
            y = window if y is None else jnp.where(window > y, window, y)
    return {"y": y}


CASES = [
    Case({"x": real(2, 4, 6)}, {"kernel": [2, 2], "stride": [2, 2], "padding": [0, 0]}),
    Case({"x": real(2, 9, 7)}, {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]}),
    Case({"x": real(3, 5, 8)}, {"kernel": [2, 3], "stride": [1, 2], "padding": [0, 1]}),
    Case({"x": real(2, 2, 5, 5)}, {"kernel": [3, 2], "stride": [3, 2], "padding": [1, 0]}),
    # Last windows that reach beyond the padding, or would start there; a window larger than all.
    Case({"x": real(2, 7, 8)}, {"kernel": [3, 2], "stride": [2, 3], "padding": [1, 0], "ceil_mode": True}),
    Case({"x": real(5, 6)}, {"kernel": [2, 2], "stride": [3, 2], "padding": [1, 1], "ceil_mode": True}),
    Case({"x": real(3, 2, 5)}, {"kernel": [3, 4], "stride": [2, 3], "padding": [0, 2], "ceil_mode": True}),
    # All negative: padding of zeros would win.
    Case({"x": real(1, 3, 3, low=-2, high=-1)}, {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]}),
]
