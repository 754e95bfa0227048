from oracle import Case, real


def reference(inputs, attributes):
    x = inputs["x"]
    return {"y": -x}


CASES = [
    Case({"x": real(7)}),
    Case({"x": real(2, 3, 5)}),
]
