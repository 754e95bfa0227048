import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    """Over the last axis, with the variance of all elements (not of all but one)."""
    x = inputs["x"]
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    normal = (x - mean) / jnp.sqrt(variance + attributes["eps"])
    return {"y": normal * inputs["weight"] + inputs["bias"]}


CASES = [
    Case({"x": real(9), "weight": real(9), "bias": real(9)}, {"eps": 1e-5}),
    Case({"x": real(3, 5), "weight": real(5), "bias": real(5)}, {"eps": 1e-5}),
    Case({"x": real(2, 3, 16), "weight": real(16), "bias": real(16)}, {"eps": 0.1}),
]
