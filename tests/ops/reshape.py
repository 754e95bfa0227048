from oracle import Case, real


def reference(inputs, attributes):
    return {"y": inputs["x"].reshape(attributes["dims"])}


CASES = [
    Case({"x": real(3, 4)}, {"dims": [2, 6]}),
    Case({"x": real(2, 3, 5)}, {"dims": [30]}),
    Case({"x": real(6)}, {"dims": [1, 3, 2, 1]}),
]
