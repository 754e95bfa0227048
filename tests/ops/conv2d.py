import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    """y[o, i, j] = sum over c, p, q of x[c, i s + p d - padding, j s + q d - padding] w[o, c, p, q]."""
    x, w = inputs["x"], inputs["w"]
    stride, padding, dilation = (attributes.get(k, d) for k, d in (("stride", [1, 1]), ("padding", [0, 0]), ("dilation", [1, 1])))
    groups = attributes.get("groups", 1)
    outs, ins, height, width = w.shape
    x = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(padding[0],) * 2, (padding[1],) * 2])
    rows = (x.shape[-2] - dilation[0] * (height - 1) - 1) // stride[0] + 1
    columns = (x.shape[-1] - dilation[1] * (width - 1) - 1) // stride[1] + 1
    parts = []
    for group in range(groups):
        of_group = x[..., group * ins : (group + 1) * ins, :, :]
        kernel = w[group * (outs // groups) : (group + 1) * (outs // groups)]
        y = 0
        for p in range(height):
            for q in range(width):
                top, left = p * dilation[0], q * dilation[1]
                window = of_group[..., top : top + (rows - 1) * stride[0] + 1 : stride[0], left : left + (columns - 1) * stride[1] + 1 : stride[1]]
                y = y + jnp.einsum("...chw,oc->...ohw", window, kernel[:, :, p, q])
        parts.append(y)
    return {"y": jnp.concatenate(parts, axis=-3)}


CASES = [
    Case({"x": real(2, 5, 7), "w": real(3, 2, 3, 3)}, {"padding": [1, 1]}),
    Case({"x": real(2, 5, 7), "w": real(3, 2, 3, 2)}),
    Case({"x": real(3, 9, 6), "w": real(4, 3, 3, 3)}, {"stride": [2, 1], "padding": [0, 2]}),
    Case({"x": real(2, 8, 9), "w": real(2, 2, 2, 3)}, {"stride": [3, 2], "dilation": [2, 3], "padding": [1, 0]}),
    Case({"x": real(4, 5, 4), "w": real(6, 2, 3, 3)}, {"groups": 2, "padding": [1, 1]}),
    Case({"x": real(3, 4, 5), "w": real(3, 1, 3, 3)}, {"groups": 3, "padding": [1, 1]}),
    Case({"x": real(2, 3, 4, 5), "w": real(4, 3, 1, 1)}),
    Case({"x": real(2, 2, 5, 3), "w": real(3, 2, 3, 3)}, {"padding": [1, 1], "stride": [2, 2]}),
]
