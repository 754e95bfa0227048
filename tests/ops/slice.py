from oracle import Case, real


def reference(inputs, attributes):
    """The elements begin to end, without end, along one axis."""
    x, axis = inputs["x"], attributes["axis"]
    index = [slice(None)] * x.ndim
    index[axis] = slice(attributes["begin"], attributes["end"])
    return {"y": x[tuple(index)]}


CASES = [
    Case({"x": real(7)}, {"axis": -1, "begin": 2, "end": 5}),
    Case({"x": real(4, 5)}, {"axis": -2, "begin": 0, "end": 1}),
    Case({"x": real(2, 3, 5)}, {"axis": -2, "begin": 1, "end": 3}),
    Case({"x": real(2, 3, 5)}, {"axis": -1, "begin": 4, "end": 5}),
]
