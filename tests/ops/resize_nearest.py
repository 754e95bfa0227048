import numpy
from oracle import Case, real


def reference(inputs, attributes):
    """Element (i, j) is that at (i h / height, j w / width), rounded down."""
    x = inputs["x"]
    rows, columns = (
        numpy.array([index * extent // size for index in range(size)])
        for extent, size in zip(x.shape[-2:], attributes["size"])
    )
    return {"y": x[..., rows, :][..., columns]}


CASES = [
    Case({"x": real(2, 3, 2)}, {"size": [6, 6]}),
    # Scales that are no whole numbers, up and down.
    Case({"x": real(2, 3, 5)}, {"size": [7, 8]}),
    Case({"x": real(2, 2, 9, 4)}, {"size": [5, 6]}),
    Case({"x": real(7, 10)}, {"size": [4, 3]}),
    Case({"x": real(2, 4, 5)}, {"size": [1, 1]}),
    Case({"x": real(2, 4, 3)}, {"size": [4, 3]}),
]
