import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    a, b = inputs["a"], inputs["b"]
    if attributes.get("transpose_a"):
        a = jnp.swapaxes(a, -1, -2)
    if attributes.get("transpose_b"):
        b = jnp.swapaxes(b, -1, -2)
    return {"y": jnp.einsum("...mk,...kn->...mn", a, b)}


CASES = [
    Case({"a": real(3, 5), "b": real(5, 2)}),
    Case({"a": real(1, 7), "b": real(4, 7)}, {"transpose_b": True}),
    Case({"a": real(5, 3), "b": real(5, 2)}, {"transpose_a": True}),
    Case({"a": real(5, 3), "b": real(2, 5)}, {"transpose_a": True, "transpose_b": True}),
    Case({"a": real(2, 3, 5), "b": real(5, 4)}),
    Case({"a": real(3, 5), "b": real(2, 5, 4)}),
    Case({"a": real(2, 3, 4, 5), "b": real(2, 3, 5, 2)}),
]
