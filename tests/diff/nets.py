"""The networks of this folder's .td files once more, in plain JAX for one sample: own code, own order of
work, 64-bit floats. A network is a function from a dictionary of weights by path, and an input, to logits."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp

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


def attention(weights, path, x, heads):
    tokens, width = x.shape
    of_a_head = width // heads
    q, k, v = (linear(weights, f"{path}.{name}", x) for name in "qkv")
    results = []
    for head in range(heads):
        columns = slice(head * of_a_head, (head + 1) * of_a_head)
        scores = q[:, columns] @ k[:, columns].T / jnp.sqrt(float(of_a_head))
        results.append(jax.nn.softmax(scores, axis=-1) @ v[:, columns])
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


def norms(weights, states, images, is_frozen=False):
    """norms.td for a whole batch: logits, and the states behind it. Statistics of a channel are over all else."""

    def batch_norm(x, path, eps=1e-5, momentum=0.1, is_frozen=False):
        axes = (0, *range(2, x.ndim))
        wide = (slice(None), *[None] * (x.ndim - 2))
        mean, variance = states[f"{path}.running_mean"], states[f"{path}.running_var"]
        if not is_frozen:
            mean, variance = x.mean(axis=axes), x.var(axis=axes)
            count = x.size / x.shape[1]
            for name, of_batch in (("mean", mean), ("var", variance * count / (count - 1))):
                after[f"{path}.running_{name}"] = (1 - momentum) * states[f"{path}.running_{name}"] + momentum * of_batch
        normal = (x - mean[wide]) / jnp.sqrt(variance[wide] + eps)
        return normal * weights[f"{path}.weight"][wide] + weights[f"{path}.bias"][wide]

    after = dict(states)
    x = jax.vmap(lambda image: convolve(image, weights["trunk.conv.weight"], 1))(images)
    x = relu(batch_norm(x, "trunk.bn1", eps=0.01, is_frozen=is_frozen))
    x = jax.vmap(lambda image: convolve(image, weights["trunk.depthwise.weight"], 0, stride=(2, 1), groups=6))(x)
    x = relu(batch_norm(x, "trunk.bn2", momentum=0.3))
    x = x.mean(axis=(2, 3)) @ weights["trunk.fc.weight"].T
    x = jnp.tanh(batch_norm(x, "trunk.bn3"))
    return x @ weights["head.weight"].T + weights["head.bias"], after
