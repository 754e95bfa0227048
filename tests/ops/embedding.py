import jax.numpy as jnp
from oracle import Case, real, whole


def reference(inputs, attributes):
    return {"y": jnp.take(inputs["weight"], inputs["index"], axis=0)}


# More indices than rows: some rows are used twice, and their gradients add up.
CASES = [
    Case({"index": whole(7, high=4), "weight": real(4, 3)}),
    Case({"index": whole(2, 5, high=6), "weight": real(6, 2)}),
    Case({"index": whole(high=3), "weight": real(3, 5)}),
]
