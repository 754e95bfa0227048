import jax.numpy as jnp
from oracle import Case, real, whole


def reference(inputs, attributes):
    """x[.., index[..]]: one element of each row, or several."""
    x, index = inputs["x"], inputs["index"]
    if index.ndim == x.ndim:
        return {"y": jnp.take_along_axis(x, index, axis=-1)}
    return {"y": jnp.take_along_axis(x, index[..., None], axis=-1)[..., 0]}


# More indices than elements of a row: some are taken twice, and their gradients add up.
CASES = [
    Case({"x": real(5), "index": whole(high=5)}),
    Case({"x": real(4), "index": whole(9, high=4)}),
    Case({"x": real(7, 3), "index": whole(7, high=3)}),
    Case({"x": real(3, 5), "index": whole(3, 8, high=5)}),
    Case({"x": real(3, 2, 4), "index": whole(3, 2, 6, high=4)}),
]
