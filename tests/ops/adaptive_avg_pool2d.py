import jax.numpy as jnp
import numpy
from oracle import Case, real


def shares(extent, size):
    """A matrix [size, extent]: what each position of a row gives to each mean, window by window as PyTorch has them."""
    matrix = numpy.zeros((size, extent))
    for i in range(size):
        window = slice(i * extent // size, -(-(i + 1) * extent // size))
        matrix[i, window] = 1 / len(range(extent)[window])
    return jnp.asarray(matrix)


def reference(inputs, attributes):
    x = inputs["x"]
    rows, columns = attributes["size"]
    return {"y": shares(x.shape[-2], rows) @ x @ shares(x.shape[-1], columns).T}


CASES = [
    Case({"x": real(2, 4, 6)}, {"size": [2, 3]}),
    # Windows of different sizes that share positions.
    Case({"x": real(2, 7, 9)}, {"size": [3, 5]}),
    Case({"x": real(11, 8)}, {"size": [4, 6]}),
    # More means than positions.
    Case({"x": real(2, 2, 3, 4)}, {"size": [7, 8]}),
    Case({"x": real(3, 5, 4)}, {"size": [1, 1]}),
    Case({"x": real(3, 2, 4)}, {"size": [2, 4]}),
]
