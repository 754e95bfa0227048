import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    """The maximum of each window; outside of the image there is nothing, not zero."""
    x = inputs["x"]
    kernel = attributes["kernel"]
    stride = attributes.get("stride", kernel)
    padding = attributes.get("padding", [0, 0])
    x = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(padding[0],) * 2, (padding[1],) * 2], constant_values=-jnp.inf)
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
    # All negative: padding of zeros would win.
    Case({"x": real(1, 3, 3, low=-2, high=-1)}, {"kernel": [3, 3], "stride": [2, 2], "padding": [1, 1]}),
]
