import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    """Each element of x adds the kernel, times it, to y from (i, j) times the stride on; the padding is cut off."""
    x, w = inputs["x"], inputs["w"]
    stride, padding, dilation, more = (attributes[name] for name in ("stride", "padding", "dilation", "output_padding"))
    groups = attributes["groups"]
    *leading, channels, height, width = x.shape
    x = x.reshape(-1, groups, channels // groups, height, width)
    w = w.reshape(groups, channels // groups, *w.shape[1:])
    spans = [
        (extent - 1) * stride[i] + dilation[i] * (w.shape[3 + i] - 1) + 1 + more[i]
        for i, extent in enumerate((height, width))
    ]
    y = jnp.zeros((x.shape[0], groups, w.shape[2], *spans))
    for p in range(w.shape[3]):
        for q in range(w.shape[4]):
            rows = slice(p * dilation[0], p * dilation[0] + (height - 1) * stride[0] + 1, stride[0])
            columns = slice(q * dilation[1], q * dilation[1] + (width - 1) * stride[1] + 1, stride[1])
            y = y.at[..., rows, columns].add(jnp.einsum("ngchw,gco->ngohw", x, w[..., p, q]))
    y = y[..., padding[0] : spans[0] - padding[0], padding[1] : spans[1] - padding[1]]
    return {"y": y.reshape(*leading, -1, *y.shape[3:])}


def case(x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, output_padding=(0, 0)):
    steps = {"stride": stride, "padding": padding, "dilation": dilation, "output_padding": output_padding}
    return Case({"x": real(*x), "w": real(*w)}, {name: list(pair) for name, pair in steps.items()} | {"groups": groups})


CASES = [
    case((3, 4, 5), (3, 2, 3, 2)),
    case((2, 2, 4, 3), (2, 5, 3, 3), stride=(2, 1), padding=(1, 1), output_padding=(1, 0)),
    case((4, 3, 4), (4, 3, 2, 3), stride=(3, 2), dilation=(2, 3), groups=2, output_padding=(2, 1)),
    # Each channel by itself, and a kernel smaller than the stride.
    case((2, 6, 3, 3), (6, 1, 3, 3), stride=(2, 2), padding=(1, 0), groups=6, output_padding=(0, 1)),
    case((2, 2, 3), (2, 3, 1, 2), stride=(3, 3), output_padding=(2, 2)),
]
