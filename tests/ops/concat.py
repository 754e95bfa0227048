import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    return {"y": jnp.concatenate(list(inputs.values()), axis=attributes["axis"])}


CASES = [
    Case({"a": real(3), "b": real(2)}, {"axis": -1}),
    Case({"a": real(3, 5), "b": real(1, 5)}, {"axis": -2}),
    Case({"a": real(2, 3, 5), "b": real(2, 2, 5)}, {"axis": -2}),
    Case({"a": real(2, 3, 1), "b": real(2, 3, 4)}, {"axis": -1}),
]
