from oracle import Case, real


def reference(inputs, attributes):
    return {"y": inputs["a"] / inputs["b"]}


# Shapes are aligned at their ends; an axis of extent 1 is repeated.
CASES = [
    Case({"a": real(3, 5), "b": real(3, 5, low=0.5, high=3)}),
    Case({"a": real(2, 3, 5), "b": real(5, low=0.5, high=3)}),
    Case({"a": real(2, 1, 5), "b": real(3, 1, low=0.5, high=3)}),
    Case({"a": real(), "b": real(2, 3, low=0.5, high=3)}),
]
