import jax.numpy as jnp
from oracle import Case, real


def reference(inputs, attributes):
    return {"y": jnp.concatenate(list(inputs.values()), axis=attributes["axis"])}


CASES = [
    Case({"xs0": real(3), "xs1": real(2)}, {"axis": -1}),
    Case({"xs0": real(3, 5), "xs1": real(1, 5), "xs2": real(2, 5)}, {"axis": -2}),
    Case({"xs0": real(2, 3, 5)}, {"axis": -2}),
    Case({"xs0": real(2, 3, 1), "xs1": real(2, 3, 4), "xs2": real(2, 3, 2), "xs3": real(2, 3, 1)}, {"axis": -1}),
]
