"""The networks of this folder's .td files once more, in plain JAX for one sample: own code, own order of
work, 64-bit floats. A network is a function from a dictionary of weights by path, and an input, to logits."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax.extend.random import threefry_2x32

jax.config.update("jax_enable_x64", True)


def relu(x):
    return jnp.where(x > 0, x, 0)


def gelu(x):
    return 0.5 * x * (1 + jax.scipy.special.erf(x / jnp.sqrt(2.0)))


def layer_norm(weights, path, x):
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = jnp.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
    return centred / deviation * weights[f"{path}.weight"] + weights[f"{path}.bias"]


def convolve(x, w, padding, stride=(1, 1), groups=1):
    """[channels, height, width] with [out, channels of a group, p, q], zeros around."""
    return jax.lax.conv_general_dilated(x[None], w, stride, [(padding, padding)] * 2, feature_group_count=groups)[0]


def max_pool(x, kernel, stride, padding):
    pads = [(0, 0), (padding, padding), (padding, padding)]
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, kernel, kernel), (1, stride, stride), pads)


def cross_entropy(logits, label):
    return jax.scipy.special.logsumexp(logits) - logits[label]


def mlp(weights, image):
    """mlp.td: 64-64-10 with relu."""
    hidden = relu(weights["fc1.weight"] @ image + weights["fc1.bias"])
    return weights["fc2.weight"] @ hidden + weights["fc2.bias"]


def cnn(weights, image):
    """cnn.td: two convolutions on a picture that is not square, and a linear head."""
    for name in ("conv0", "conv1"):
        image = relu(convolve(image, weights[f"{name}.weight"], 1) + weights[f"{name}.bias"][:, None, None])
        image = max_pool(image, 2, 2, 0)
    return weights["head.weight"] @ image.reshape(-1) + weights["head.bias"]


PARTS_SHAPES = {
    "fc.weight": (4, 4),
    "fc.bias": (4,),
    "norm.weight": (4,),
    "norm.bias": (4,),
    "mix.weight": (6, 5),
    "mix.lora_a": (2, 5),
    "mix.lora_b": (6, 2),
    "rms_norm.weight": (4,),
    "head.weight": (3, 6),
    "head.bias": (3,),
}
PARTS_TRAINED = {
    "norm_weight": ["norm.weight"],
    "norm_bias": ["norm.bias"],
    "mix_adapter": ["mix.lora_a", "mix.lora_b"],
}
MIX_RANK, MIX_ALPHA = 2, 3


def parts(weights, image):
    """parts.td: norms and matrices on the right and on the left; the adapter is merged, not beside its matrix."""
    rows = layer_norm(weights, "norm", image @ weights["fc.weight"].T + weights["fc.bias"])
    mix = weights["mix.weight"]
    if "mix.lora_a" in weights:
        mix = mix + MIX_ALPHA / MIX_RANK * weights["mix.lora_b"] @ weights["mix.lora_a"]
    rows = mix @ rows
    rows = rows / jnp.sqrt((rows**2).mean(axis=-1, keepdims=True) + 1e-6) * weights["rms_norm.weight"]
    return weights["head.weight"] @ jnp.tanh(rows).mean(axis=1) + weights["head.bias"]


SERIES_SHAPES = {
    "conv.weight": (6, 2, 3),
    "conv.bias": (6,),
    "norm.weight": (6,),
    "norm.bias": (6,),
    "wide.weight": (5, 6, 2),
    "gru.weight_ih_l0": (18, 5),
    "gru.weight_hh_l0": (18, 6),
    "gru.bias_ih_l0": (18,),
    "gru.bias_hh_l0": (18,),
    "lstm.weight_ih_l0": (20, 6),
    "lstm.weight_hh_l0": (20, 5),
    "lstm.bias_ih_l0": (20,),
    "lstm.bias_hh_l0": (20,),
    "gru_cell.weight_ih": (12, 5),
    "gru_cell.weight_hh": (12, 4),
    "gru_cell.bias_ih": (12,),
    "gru_cell.bias_hh": (12,),
    "lstm_cell.weight_ih": (16, 5),
    "lstm_cell.weight_hh": (16, 4),
    "lstm_cell.bias_ih": (16,),
    "lstm_cell.bias_hh": (16,),
    "head.weight": (3, 8),
    "head.bias": (3,),
}


def normed(weights, path, x, axes):
    """x with mean 0 and variance 1 over `axes`, then scaled and moved along the first axis."""
    y = (x - x.mean(axis=axes, keepdims=True)) / jnp.sqrt(x.var(axis=axes, keepdims=True) + 1e-5)
    of_channels = (-1,) + (1,) * (x.ndim - 1)
    return y * weights[f"{path}.weight"].reshape(of_channels) + weights[f"{path}.bias"].reshape(of_channels)


def convolve_row(x, w, stride, padding, dilation, groups):
    """[channels, positions] with [out, channels / groups, taps], by the definition."""
    per_group, outs = x.shape[0] // groups, w.shape[0] // groups
    x = jnp.pad(x, [(0, 0), (padding, padding)])
    last = x.shape[1] - dilation * (w.shape[2] - 1)
    rows = []
    for out in range(w.shape[0]):
        own = x[out // outs * per_group :][:per_group]
        taps = [w[out, :, k] @ own[:, k * dilation : k * dilation + last : stride] for k in range(w.shape[2])]
        rows.append(sum(taps))
    return jnp.stack(rows)


def gates_of(weights, path, suffix, x, h):
    """What the input and the state give to each gate: lists of vectors as long as the state."""
    of_input = weights[f"{path}.weight_ih{suffix}"] @ x + weights[f"{path}.bias_ih{suffix}"]
    of_state = weights[f"{path}.weight_hh{suffix}"] @ h + weights[f"{path}.bias_hh{suffix}"]
    return of_input.reshape(-1, len(h)), of_state.reshape(-1, len(h))


def gru_cell(weights, path, x, h, suffix=""):
    """The formula of torch.nn.GRUCell's documentation."""
    (ir, iz, i_n), (hr, hz, hn) = gates_of(weights, path, suffix, x, h)
    z = jax.nn.sigmoid(iz + hz)
    return (1 - z) * jnp.tanh(i_n + jax.nn.sigmoid(ir + hr) * hn) + z * h


def lstm_cell(weights, path, x, h, c, suffix=""):
    """The formula of torch.nn.LSTMCell's documentation."""
    of_input, of_state = gates_of(weights, path, suffix, x, h)
    i, f, g, o = of_input + of_state
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def series(weights, x):
    """series.td."""
    x = convolve_row(x, weights["conv.weight"], 2, 1, 1, 2) + weights["conv.bias"][:, None]
    x = jnp.pad(jnp.tanh(x), [(0, 0), (1, 1)], constant_values=-jnp.inf)
    x = jnp.stack([x[:, k : k + 3].max(axis=1) for k in range(x.shape[1] - 2)], axis=1)
    x = jnp.pad(normed(weights, "norm", x, 1), [(0, 0), (1, 1)])
    x = convolve_row((x[:, 1:] + x[:, :-1]) / 2, weights["wide.weight"], 1, 0, 3, 1)
    gru_state, h, c = jnp.zeros(6), jnp.zeros(5), jnp.zeros(5)
    rows = []
    for row in x.T:
        gru_state = gru_cell(weights, "gru", row, gru_state, "_l0")
        h, c = lstm_cell(weights, "lstm", gru_state, h, c, "_l0")
        rows.append(h)
    h = gru_cell(weights, "gru_cell", rows[9], jnp.tanh(x[:4, 1]))
    h, c = lstm_cell(weights, "lstm_cell", rows[3], h, rows[6][:4])
    return weights["head.weight"] @ jnp.concatenate([h, c]) + weights["head.bias"]


PICTURE_SHAPES = {
    "separable.depthwise.weight": (3, 1, 3, 3),
    "separable.depthwise.bias": (3,),
    "separable.pointwise.weight": (6, 3, 1, 1),
    "separable.pointwise.bias": (6,),
    "instance.weight": (6,),
    "instance.bias": (6,),
    "squeeze.fc1.weight": (3, 6, 1, 1),
    "squeeze.fc1.bias": (3,),
    "squeeze.fc2.weight": (6, 3, 1, 1),
    "squeeze.fc2.bias": (6,),
    "group.weight": (6,),
    "group.bias": (6,),
    "patches.proj.weight": (5, 6, 3, 2),
    "patches.proj.bias": (5,),
    "head.weight": (4, 16),
    "head.bias": (4,),
}


def picture(weights, image):
    """picture.td."""
    kernels = weights["separable.depthwise.weight"]
    x = jnp.concatenate([convolve(image[c : c + 1], kernels[c : c + 1], 1) for c in range(3)])
    x = x + weights["separable.depthwise.bias"][:, None, None]
    x = jnp.einsum("oc,chw->ohw", weights["separable.pointwise.weight"][:, :, 0, 0], x)
    x = gelu(normed(weights, "instance", jnp.tanh(x + weights["separable.pointwise.bias"][:, None, None]), (1, 2)))
    hidden = weights["squeeze.fc1.weight"][:, :, 0, 0] @ x.mean(axis=(1, 2)) + weights["squeeze.fc1.bias"]
    factors = weights["squeeze.fc2.weight"][:, :, 0, 0] @ relu(hidden) + weights["squeeze.fc2.bias"]
    x = (x * jax.nn.sigmoid(factors)[:, None, None]).reshape(2, 3, 9, 6)
    x = (x - x.mean(axis=(1, 2, 3), keepdims=True)) / jnp.sqrt(x.var(axis=(1, 2, 3), keepdims=True) + 1e-5)
    x = x.reshape(6, 9, 6) * weights["group.weight"][:, None, None] + weights["group.bias"][:, None, None]
    x = gelu(x)
    rows = []
    for i in range(3):
        for j in range(3):
            patch = x[:, 3 * i : 3 * i + 3, 2 * j : 2 * j + 2]
            row = jnp.einsum("ecpq,cpq->e", weights["patches.proj.weight"], patch) + weights["patches.proj.bias"]
            rows.append(jnp.tanh(row))
    return weights["head.weight"] @ jnp.concatenate([x.mean(axis=(1, 2)), rows[0], rows[5]]) + weights["head.bias"]


SIZES_SHAPES = {
    "up.weight": (4, 3, 3, 2),
    "up.bias": (6,),
    "wide.weight": (6, 3, 2, 2),
    "head.weight": (3, 12),
    "head.bias": (3,),
}


def spread(x, w, stride, padding, dilation, more, groups):
    """The transposed convolution as a convolution of x with zeros between its elements, by the kernel upside down."""
    per_group = x.shape[0] // groups
    pads = [
        (dilation * (w.shape[2 + i] - 1) - padding[i], dilation * (w.shape[2 + i] - 1) - padding[i] + more[i])
        for i in (0, 1)
    ]
    parts = []
    for group in range(groups):
        own = slice(group * per_group, (group + 1) * per_group)
        kernel = w[own, :, ::-1, ::-1].transpose(1, 0, 2, 3)
        part = jax.lax.conv_general_dilated(
            x[None, own], kernel, (1, 1), pads, lhs_dilation=stride, rhs_dilation=(dilation, dilation)
        )
        parts.append(part[0])
    return jnp.concatenate(parts)


def windowed_means(x, axis, size):
    """Means of `size` windows along an axis, one after another."""
    extent = x.shape[axis]
    means = [
        jax.lax.slice_in_dim(x, i * extent // size, -(-(i + 1) * extent // size), axis=axis).mean(axis=axis)
        for i in range(size)
    ]
    return jnp.stack(means, axis=axis)


def sizes(weights, image):
    """sizes.td."""
    x = jnp.pad(image, [(0, 0), (0, 1), (0, 1)], constant_values=-jnp.inf)
    x = x.reshape(4, 5, 2, 4, 2).max(axis=(2, 4))
    x = spread(x, weights["up.weight"], (2, 1), (1, 0), 1, (1, 0), 2) + weights["up.bias"][:, None, None]
    x = jnp.exp(x) / jnp.exp(x).sum(axis=0)
    ones = jnp.ones_like(x)
    pads = [(0, 0), (1, 2), (1, 1)]
    x, counts = (jax.lax.reduce_window(a, 0.0, jax.lax.add, (1, 3, 3), (1, 2, 2), pads) for a in (x, ones))
    x = windowed_means(windowed_means(jnp.repeat(x / counts, 2, axis=2), 1, 4), 2, 5)
    x = jnp.tanh(spread(x, weights["wide.weight"], (1, 1), (0, 0), 2, (0, 0), 1))
    rows = windowed_means(x.reshape(3, 42), 1, 9)
    rows = jnp.concatenate([(rows[:, 0:8:2] + rows[:, 1:8:2]) / 2, rows[:, 8:]], axis=1)
    rows = jax.nn.log_softmax(rows, axis=0)
    rows = jnp.maximum(rows[:, 1:], rows[:, :-1])
    return weights["head.weight"] @ rows.reshape(-1) + weights["head.bias"]


def scaled(weights, x):
    """losses.td."""
    return x * weights["weight"]


def mean_square(y, t):
    return ((y - t) ** 2).mean()


def l1_loss(y, t):
    return jnp.abs(y - t).mean()


def huber_loss(y, t, delta=0.75):
    e = jnp.abs(y - t)
    return jnp.where(e <= delta, e**2 / 2, delta * (e - delta / 2)).mean()


def bce_with_logits(z, t):
    """-t log p - (1 - t) log(1 - p) with p = sigmoid(z)."""
    return -(t * jax.nn.log_sigmoid(z) + (1 - t) * jax.nn.log_sigmoid(-z)).mean()


def soft_cross_entropy(z, t):
    return -(t * jax.nn.log_softmax(z)).sum()


def smooth_cross_entropy(z, label, smoothing=0.2):
    """Of the distribution that the label's class shares with all others."""
    return soft_cross_entropy(z, (1 - smoothing) * jax.nn.one_hot(label, z.size) + smoothing / z.size)


def cosine_loss(y, t):
    lengths = jnp.sqrt((y**2).sum() * (t**2).sum())
    return 1 - (y * t).sum() / jnp.maximum(lengths, 1e-8)


@dataclass(frozen=True)
class CctSize:
    """What makes one Compact Convolutional Transformer differ from another."""

    pixels: int
    channels: tuple
    width: int
    hidden: int
    heads: int = 2
    blocks: int = 2
    classes: int = 10

    @property
    def tokens(self):
        return (self.pixels // 4) ** 2


CCT_FULL = CctSize(pixels=32, channels=(3, 64, 128), width=128, hidden=128)
CCT_SMALL = CctSize(pixels=8, channels=(3, 8, 16), width=16, hidden=16)
LORA_RANK, LORA_ALPHA = 4, 4


def linear(weights, path, x):
    """Rows of x through the matrix at `path`, its adapter and its bias, as far as they are there."""
    y = x @ weights[f"{path}.weight"].T
    if f"{path}.lora_a" in weights:
        y = y + (x @ weights[f"{path}.lora_a"].T) @ weights[f"{path}.lora_b"].T * (LORA_ALPHA / LORA_RANK)
    if f"{path}.bias" in weights:
        y = y + weights[f"{path}.bias"]
    return y


def attention(weights, path, x, heads, of_a_group=1, is_seen=True):
    """Head by head; as many as are of a group share keys and values. Row s is seen from row t where `is_seen[t, s]`."""
    of_a_head = x.shape[1] // heads
    q, k, v = (linear(weights, f"{path}.{name}", x) for name in "qkv")
    results = []
    for head in range(heads):
        own, shared = (slice(i * of_a_head, (i + 1) * of_a_head) for i in (head, head // of_a_group))
        scores = q[:, own] @ k[:, shared].T / jnp.sqrt(float(of_a_head))
        results.append(jax.nn.softmax(jnp.where(is_seen, scores, -jnp.inf), axis=-1) @ v[:, shared])
    return linear(weights, f"{path}.proj", jnp.concatenate(results, axis=-1))


def cct(weights, image, size):
    """cct.td of the manual's section 2, of any size. See Hassani et al. 2021."""
    x = image
    for name in ("tokenizer.conv0", "tokenizer.conv1"):
        x = max_pool(relu(convolve(x, weights[f"{name}.weight"], 1)), 3, 2, 1)
    x = x.reshape(x.shape[0], -1).T + weights["pos.weight"]
    for block in range(size.blocks):
        path = f"blocks.{block}"
        attended = x + attention(weights, f"{path}.attn", layer_norm(weights, f"{path}.pre_norm", x), size.heads)
        normed = layer_norm(weights, f"{path}.norm1", attended)
        x = normed + linear(weights, f"{path}.mlp.fc2", gelu(linear(weights, f"{path}.mlp.fc1", normed)))
    x = layer_norm(weights, "norm", x)
    shares = jax.nn.softmax(linear(weights, "pool", x)[:, 0])
    return linear(weights, "head", (shares @ x)[None])[0]


MATRICES = ("attn.q", "attn.k", "attn.v", "attn.proj", "mlp.fc1", "mlp.fc2")


def cct_shapes(size, has_adapters):
    """The shape of every weight by its path."""
    shapes = {
        "tokenizer.conv0.weight": (size.channels[1], size.channels[0], 3, 3),
        "tokenizer.conv1.weight": (size.channels[2], size.channels[1], 3, 3),
        "pos.weight": (size.tokens, size.width),
    }
    extents = {"mlp.fc1": (size.hidden, size.width), "mlp.fc2": (size.width, size.hidden)}
    for block in range(size.blocks):
        for norm in ("pre_norm", "norm1"):
            shapes[f"blocks.{block}.{norm}.weight"] = shapes[f"blocks.{block}.{norm}.bias"] = (size.width,)
        for name in MATRICES:
            outs, ins = extents.get(name, (size.width, size.width))
            shapes[f"blocks.{block}.{name}.weight"] = (outs, ins)
            if name in ("attn.proj", "mlp.fc1", "mlp.fc2"):
                shapes[f"blocks.{block}.{name}.bias"] = (outs,)
            if has_adapters:
                shapes[f"blocks.{block}.{name}.lora_a"] = (LORA_RANK, ins)
                shapes[f"blocks.{block}.{name}.lora_b"] = (outs, LORA_RANK)
    shapes["norm.weight"] = shapes["norm.bias"] = (size.width,)
    shapes["pool.weight"], shapes["pool.bias"] = (1, size.width), (1,)
    shapes["head.weight"], shapes["head.bias"] = (size.classes, size.width), (size.classes,)
    return shapes


def cct_trained(strategy, size):
    """The paths that a strategy trains."""
    if strategy == "full":
        return list(cct_shapes(size, has_adapters=False))
    heads = ["head.weight", "head.bias"]
    if strategy == "lp":
        return heads
    heads += ["pool.weight", "pool.bias"]
    kind, blocks = strategy[:-1], range(size.blocks - int(strategy[-1]), size.blocks)
    suffixes = {"ft": ("weight",), "lora": ("lora_a", "lora_b")}[kind]
    return [f"blocks.{b}.{m}.{s}" for b in blocks for m in MATRICES for s in suffixes] + heads


STRATEGIES = ("lp", "ft1", "ft2", "lora1", "lora2", "full")


NORMS_SHAPES = {
    "trunk.conv.weight": (6, 2, 3, 3),
    "trunk.depthwise.weight": (6, 1, 3, 2),
    "trunk.fc.weight": (5, 6),
    "head.weight": (3, 5),
    "head.bias": (3,),
} | {f"trunk.bn{i}.{name}": (width,) for i, width in ((1, 6), (2, 6), (3, 5)) for name in ("weight", "bias")}
NORMS_STATES = {f"trunk.bn{i}": width for i, width in ((1, 6), (2, 6), (3, 5))}


TOKENS_SHAPES = {
    "fc.weight": (8, 8),
    "fc.bias": (8,),
    "norm1.weight": (8,),
    "norm1.bias": (8,),
    "masked.q.weight": (8, 8),
    "masked.k.weight": (8, 8),
    "masked.v.weight": (8, 8),
    "masked.proj.weight": (8, 8),
    "masked.proj.bias": (8,),
    "norm2.weight": (8,),
    "norm2.bias": (8,),
    "grouped.q.weight": (8, 8),
    "grouped.k.weight": (4, 8),
    "grouped.v.weight": (4, 8),
    "grouped.proj.weight": (8, 8),
    "grouped.proj.bias": (8,),
    "head.weight": (4, 8),
    "head.bias": (4,),
}


def tokens(weights, x):
    """tokens.td: a class for each step."""
    step = jnp.arange(len(x))
    is_token, is_past = (x[:, 7] > 0)[None, :], step[None, :] <= step[:, None]
    h = linear(weights, "fc", x)
    h = h + attention(weights, "masked", layer_norm(weights, "norm1", h), 2, is_seen=is_token)
    h = h + attention(weights, "grouped", layer_norm(weights, "norm2", h), 4, of_a_group=2, is_seen=is_past)
    return linear(weights, "head", h)


def ignoring_cross_entropy(logits, labels, ignored=0):
    """The mean over the steps whose label is not the ignored one."""
    each = jnp.stack([cross_entropy(row, label) for row, label in zip(logits, labels)])
    counts = labels != ignored
    return jnp.sum(jnp.where(counts, each, 0)) / jnp.maximum(jnp.sum(counts), 1)


def weighted_cross_entropy(logits, labels):
    """The mean over all steps of what each weighs by its class."""
    each = jnp.stack([cross_entropy(row, label) for row, label in zip(logits, labels)])
    return jnp.mean(jnp.array([0.5, 0.5, 1, 3])[labels] * each)


def batch_norm(weights, states, path, x, eps=1e-5, momentum=0.1, is_frozen=False):
    """A whole batch normalised: statistics of a channel are over all else. `states` become those behind it."""
    axes = (0, *range(2, x.ndim))
    wide = (slice(None), *[None] * (x.ndim - 2))
    mean, variance = states[f"{path}.running_mean"], states[f"{path}.running_var"]
    if not is_frozen:
        mean, variance = x.mean(axis=axes), x.var(axis=axes)
        count = x.size / x.shape[1]
        for name, of_batch in (("mean", mean), ("var", variance * count / (count - 1))):
            states[f"{path}.running_{name}"] = (1 - momentum) * states[f"{path}.running_{name}"] + momentum * of_batch
    normal = (x - mean[wide]) / jnp.sqrt(variance[wide] + eps)
    return normal * weights[f"{path}.weight"][wide] + weights[f"{path}.bias"][wide]


def norms(weights, states, images, is_frozen=False):
    """norms.td for a whole batch: logits, and the states behind it."""
    after = dict(states)
    x = jax.vmap(lambda image: convolve(image, weights["trunk.conv.weight"], 1))(images)
    x = relu(batch_norm(weights, after, "trunk.bn1", x, eps=0.01, is_frozen=is_frozen))
    x = jax.vmap(lambda image: convolve(image, weights["trunk.depthwise.weight"], 0, stride=(2, 1), groups=6))(x)
    x = relu(batch_norm(weights, after, "trunk.bn2", x, momentum=0.3))
    x = x.mean(axis=(2, 3)) @ weights["trunk.fc.weight"].T
    x = jnp.tanh(batch_norm(weights, after, "trunk.bn3", x))
    return x @ weights["head.weight"].T + weights["head.bias"], after


DROPS_SHAPES = {
    "conv.weight": (6, 2, 3, 3),
    "conv.bias": (6,),
    "fc1.weight": (9, 6),
    "fc1.bias": (9,),
    "mixing": (4, 9),
    "head.weight": (3, 4),
    "head.bias": (3,),
}
DROPS_STATES = ("drop1", "drop2", "drop3")


def drop(x, step, p):
    """Zeros and x / (1 - p): JAX's own generator with the bits of `step` as key, a block for two elements."""
    blocks = jnp.arange((x.size + 1) // 2, dtype="uint32")
    bits = jax.lax.bitcast_convert_type(step.astype("float32"), "uint32")
    words = threefry_2x32(jnp.stack([bits, 0 * bits]), jnp.concatenate([blocks, 0 * blocks])).reshape(2, -1).T
    uniform = (words.reshape(-1)[: x.size] >> 8) / 2.0**24
    return jnp.where(uniform.reshape(x.shape) < p, 0, x / (1 - p))


def drops(weights, states, images):
    """drops.td for a whole batch: logits, and the states behind it."""
    x = relu(jax.vmap(lambda image: convolve(image, weights["conv.weight"], 1))(images) + weights["conv.bias"][:, None, None])
    x = drop(x, states["drop1.step"], 0.2).mean(axis=(2, 3))
    x = drop(jnp.tanh(x @ weights["fc1.weight"].T + weights["fc1.bias"]), states["drop2.step"], 0.5)
    x = x @ drop(weights["mixing"], states["drop3.step"], 0.4).T
    after = {path: (step + 1).astype("float32") for path, step in states.items()}
    return x @ weights["head.weight"].T + weights["head.bias"], after


# Of each inverted residual: channels, of the wide part, of the result, stride.
MOBILE_BLOCKS = ((3, 3, 4, 1), (4, 12, 5, 2), (5, 10, 5, 1))


def mobile_layers(number):
    """Convolutions and norms of a block, in order: path of the kernel and its shape, path of the norm, whether relu6
    follows."""
    channels, wide, out, _ = MOBILE_BLOCKS[number]
    conv = f"features.{number}.conv"
    layers = [(f"{conv}.0.0", (wide, channels, 1, 1), f"{conv}.0.1", True)] if wide != channels else []
    at = len(layers)
    layers.append((f"{conv}.{at}.0", (wide, 1, 3, 3), f"{conv}.{at}.1", True))
    layers.append((f"{conv}.{at + 1}", (out, wide, 1, 1), f"{conv}.{at + 2}", False))
    return layers


MOBILE_LAYERS = [layer for number in range(len(MOBILE_BLOCKS)) for layer in mobile_layers(number)]
MOBILE_SHAPES = (
    {f"{path}.weight": shape for path, shape, _, _ in MOBILE_LAYERS}
    | {f"{norm}.{name}": shape[:1] for _, shape, norm, _ in MOBILE_LAYERS for name in ("weight", "bias")}
    | {"separable.depthwise.weight": (5, 1, 3, 3), "separable.pointwise.weight": (6, 5, 1, 1)}
    | {"norm.weight": (6,), "norm.bias": (6,), "head.weight": (3, 6), "head.bias": (3,)}
)
MOBILE_STATES = {norm: shape[0] for _, shape, norm, _ in MOBILE_LAYERS} | {"norm": 6}


def mobile(weights, states, images):
    """mobile.td for a whole batch: logits, and the states behind it."""
    after = dict(states)
    x = images
    for number, (channels, wide, out, stride) in enumerate(MOBILE_BLOCKS):
        y = x
        for path, shape, norm, is_bent in mobile_layers(number):
            if shape[2] == 1:
                y = jnp.einsum("oc,nchw->nohw", weights[f"{path}.weight"][:, :, 0, 0], y)
            else:
                kernels = weights[f"{path}.weight"]
                y = jax.vmap(lambda image: convolve(image, kernels, 1, stride=(stride, stride), groups=wide))(y)
            y = batch_norm(weights, after, norm, y)
            if is_bent:
                y = jnp.clip(y, 0, 6)
        x = x + y if stride == 1 and channels == out else y
        x = jnp.tanh(x) if number == 0 else x
    kernels = weights["separable.depthwise.weight"]
    x = jax.vmap(lambda image: convolve(image, kernels, 1, stride=(2, 2), groups=5))(x)
    x = jnp.einsum("oc,nchw->nohw", weights["separable.pointwise.weight"][:, :, 0, 0], x)
    x = jnp.clip(batch_norm(weights, after, "norm", x), 0, 6)
    return x.mean(axis=(2, 3)) @ weights["head.weight"].T + weights["head.bias"], after
