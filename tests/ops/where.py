import jax.numpy as jnp
from oracle import Case, given, real


def reference(inputs, attributes):
    """a where the mask is not 0, else b."""
    mask = inputs["mask"]
    return {"y": jnp.where(mask != 0, inputs["a"], inputs["b"])}


# NaN and infinities, in the mask, in what is taken and in what is not.
CASES = [
    Case({"mask": given(1, 0, 1, 0, 0.5), "a": real(3, 5), "b": real(3, 5)}),
    Case({"mask": given(0, -1, 0), "a": real(2, 1), "b": real(3)}),
    Case({"mask": real(2, 1, 5), "a": real(), "b": real(3, 1)}),
    Case({"mask": given(0), "a": real(2, 3), "b": real(2, 1)}),
    Case(
        {
            "mask": given(1, 0, 1, 0, jnp.nan, -0.0, 1e-45, jnp.inf),
            "a": given(1, jnp.nan, jnp.nan, jnp.inf, 5, jnp.nan, 7, -0.0),
            "b": given(jnp.nan, 2, 3, 4, jnp.nan, 6, jnp.inf, jnp.nan),
        }
    ),
]
