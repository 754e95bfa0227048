from oracle import Case, real


def reference(inputs, attributes):
    """The elements begin to end, without end, along one axis; every step-th of them."""
    x, axis = inputs["x"], attributes["axis"]
    index = [slice(None)] * x.ndim
    index[axis] = slice(attributes["begin"], attributes["end"], attributes.get("step", 1))
    return {"y": x[tuple(index)]}


CASES = [
    Case({"x": real(7)}, {"axis": -1, "begin": 2, "end": 5}),
    Case({"x": real(4, 5)}, {"axis": -2, "begin": 0, "end": 1}),
    Case({"x": real(2, 3, 5)}, {"axis": -2, "begin": 1, "end": 3}),
    Case({"x": real(2, 3, 5)}, {"axis": -1, "begin": 4, "end": 5}),
    Case({"x": real(7)}, {"axis": -1, "begin": 0, "end": 7, "step": 2}),
    Case({"x": real(2, 11, 3)}, {"axis": -2, "begin": 1, "end": 10, "step": 3}),
    Case({"x": real(9, 4)}, {"axis": -2, "begin": 2, "end": 9, "step": 6}),
    Case({"x": real(5, 2)}, {"axis": -2, "begin": 3, "end": 5, "step": 7}),
]
