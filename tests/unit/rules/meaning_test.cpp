// Sections 10 to 16 of the manual: names, static values, shapes, calls, tensor expressions, paths
// and what selections match.

#include <doctest/doctest.h>

#include "ops/op.h"
#include "rules.h"

namespace tdc::rules {
namespace {

using Numbers = std::vector<double>;

// ---- names and scopes ----

TEST_CASE("scope-1: a block of one's own stands before the op of its name") {
  CHECK(computed("relu(x[0])", "block relu(x: f32[..]) -> f32[..] { return x + 1 }\n").data ==
        Numbers{1, 2, 3});
  CHECK(said("block Linear(x: f32[n]) -> f32[n] { return x }\n" + net("return Linear(x[0])")) ==
        "");
  CHECK(said(net("return Linearr(x)")) == "unknown-callable");
  CHECK(said(net("return x + z")) == "unknown-name");
}

TEST_CASE("scope-2: what is given once") {
  const std::string block = "block B(x: f32[n]) -> f32[n] { return x }\n";
  CHECK(said(block + block + net("return x")) == "duplicate-name");
  CHECK(said(block + "let B = 1\n" + net("return x")) == "duplicate-name");
  CHECK(said(net("let x = 1\nreturn x")) == "duplicate-name");
  CHECK(said(net("repeat x in 0..2 { }\nreturn x")) == "duplicate-name");
  CHECK(said("block C(x: f32[n]) -> f32[n] {\nlet n = 2\nreturn x * n\n}\n" + net("return x")) ==
        "duplicate-name");
  // Not in another block, nor in two bodies beside each other.
  CHECK(said(net("repeat i in 0..2 { x = x * i }\nrepeat i in 0..2 { x = x * i }\nreturn x")) ==
        "");
}

TEST_CASE("scope-3: tensors are bound anew, static names are not") {
  CHECK(said(net("x = x[0]\nx = x[0]\nreturn x")) == "");
  CHECK(said(net("let a = 1\na = x * a\nreturn a")) == "rebinds-static");
  CHECK(said(net("repeat i in 0..2 { i = x }\nreturn x")).find("rebinds-static") == 0);
  CHECK(said(net("a = 3\nreturn x * a")) == "binding-static");
}

TEST_CASE("scope-4: a new name ends with its body, unless all branches bind it") {
  const auto branches = [](const std::string& otherwise) {
    return "block B(x: f32[..], k: int) -> f32[..] {\nif k == 1 { a = x } " + otherwise +
           "\nreturn a\n}\n" + net("return B(x, 1)");
  };
  CHECK(said(branches("else { a = x * 2 }")) == "");
  CHECK(said(branches("")) == "unknown-name");
  CHECK(said(branches("else if k == 2 { a = x }")) == "unknown-name");
  CHECK(said(net("repeat i in 0..2 { a = x * i }\nreturn a")) == "unknown-name");
}

TEST_CASE("scope-5: arguments are used, and other names draw a warning") {
  CHECK(said("block B(x: f32[n], k: int) -> f32[n] { return x }\n" + net("return x")) ==
        "unused-argument");
  CHECK(said("block B(x: f32[n], k: f32[m]) -> f32[n] { return x * m }\n" + net("return x")) == "");
  CHECK(said(net("a = x\nreturn x")) == "unused-binding");
  CHECK(said(net("_a = x\nreturn x")) == "");
  CHECK(said("let a = 1\n" + net("return x")) == "unused-binding");
  CHECK(said(net("let a = 1\nreturn x")) == "unused-binding");
}

// ---- static expressions ----

TEST_CASE("static-1: 64-bit integers and doubles, rounded to f32 once") {
  CHECK(said(net("require 9223372036854775807 - 1 + 1 == 9223372036854775807\nreturn x")) == "");
  CHECK(said(net("let a = 9223372036854775807 + 1\nreturn x * a")) == "static-range");
  CHECK(said(net("let a = 1e300 * 1e300\nreturn x * a")) == "static-range");
  CHECK(said(net("require 1 / 4.0 == 0.25\nrequire 1 + 0.5 == 1.5\nreturn x")) == "");
  // In single precision 0.1 * 3 would be 0.3000000119.
  const check::Program scaled = program(net("return x * (0.1 * 3)"));
  CHECK(scaled.module.graphs[0].nodes[ir::NodeId{0}].attributes.real("factor") ==
        0.30000000000000004);
}

TEST_CASE("static-2: `/` of integers is exact") {
  CHECK(said(net("require 10 / 5 == 2\nrequire 10.0 / 4 == 2.5\nreturn x")) == "");
  CHECK(said(net("let a = 10 / 4\nreturn x * a")) == "division-remainder");
  CHECK(said(net("let a = 10 / 0\nreturn x * a")) == "division-by-zero");
}

TEST_CASE("static-3: functions of numbers, and the op where an argument is a tensor") {
  CHECK(said(net("require ceildiv(7, 2) == 4 and ceildiv(0 - 7, 2) == 0 - 3\n"
                 "require (0 - 7) % 2 == 1 and min(3, 1, 2) == 1 and max(1, 2.5) == 2.5\n"
                 "require sqrt(16) == 4\nreturn x")) == "");
  CHECK(computed("sqrt(x[0, 1] * 4)").data == Numbers{2});
  CHECK(said(net("let a = min(1)\nreturn x * a")) == "argument-count");
  CHECK(said(net("let a = sqrt(0 - 1)\nreturn x * a")) == "static-range");
  CHECK(computed("min(x) - max(x[0], axis: 0)").data == Numbers{-2});
  CHECK(said(net("return floordiv(x, 1)")) == "wrong-kind");
}

// ---- types and shapes ----

TEST_CASE("tensor-1: `class(n)` is a scalar i32, `class(n)[t]` a tensor of them") {
  const check::Program whole = program(
      "net N(c: class(5), d: class(5)[3], x: f32[5, 2]) -> y: f32[..] {\n"
      "  return embedding(c, x) + sum(embedding(d, x), axis: 0)\n}\n");
  const ir::Graph& graph = whole.module.graphs[0];
  CHECK(graph.type(graph.inputs[0].value) == ir::TensorType{.dtype = ir::DType::i32, .dims = {}});
  CHECK(graph.type(graph.inputs[1].value) == ir::TensorType{.dtype = ir::DType::i32, .dims = {3}});
  CHECK(graph.inputs[0].classes == 5);
  CHECK(said("net N(c: class(0), x: f32[5, 2]) -> y: f32[..] { return embedding(c, x) }\n") ==
        "extent");
  CHECK(said("net N(c: class(5)) -> y: f32[] { return c * 2.0 }\n") == "op-dtype");
}

TEST_CASE("tensor-2: what static arguments take") {
  const auto takes = [](const std::string& type, const std::string& value) {
    return said("block B(x: f32[..], v: " + type + ") -> f32[..] {\nrequire v == v\nreturn x\n}\n" +
                net("return B(x, v: " + value + ")"));
  };
  CHECK(takes("dim", "3") == "");
  CHECK(takes("dim", "0 - 3") == "argument-kind");
  CHECK(takes("dim", "3.0") == "argument-kind");
  CHECK(takes("int", "0 - 3") == "");
  CHECK(takes("int", "true") == "argument-kind");
  CHECK(takes("float", "3") == "");
  CHECK(takes("float", "\"3\"") == "argument-kind");
  CHECK(takes("bool", "1 < 2") == "");
  CHECK(takes("bool", "1") == "argument-kind");
  CHECK(takes("string", "\"a\"") == "");
  CHECK(takes("string", "1") == "argument-kind");
  CHECK(takes("dim2", "(1, 2, 3)") == "argument-kind");
  // A pair inside, however it was given.
  for (const char* pair : {"2", "(2, 2)"})
    CHECK(said(std::string("block B(x: f32[..], v: dim2) -> f32[..] {\nrequire v[1] == 2\n"
                           "return x\n}\n") +
               net(std::string("return B(x, v: ") + pair + ")")) == "");
  CHECK(computed("Do(x[0], neg)", "block Do(x: f32[..], f: block) -> f32[..] { return f(x) }\n")
            .data == Numbers{0, -1, -2});
  CHECK(said("block Do(x: f32[..], f: block) -> f32[..] { return f(x) }\n" +
             net("return Do(x, 3)")) == "argument-kind");
}

TEST_CASE("tensor-3: a label has as many classes as it is compared with") {
  const auto with = [](const std::string& classes) {
    return said(
        "net N(x: f32[4]) -> y: f32[4] { return Linear(x, 4) }\n"
        "train t of N { target l: class(" +
        classes + ") loss cross_entropy(y, l) optimizer sgd(lr: 0.1) }");
  };
  CHECK(with("4") == "");
  CHECK(with("3") == "class-count");
  CHECK(with("5") == "class-count");
}

TEST_CASE("shape-1: the first argument binds a dim, which the others have") {
  const std::string block = "block B(a: f32[n, m], b: f32[m]) -> f32[n] { return a @ b }\n";
  CHECK(computed("B(x, x[0])", block).data == Numbers{5, 14});
  CHECK(said(block + net("return B(x, x[0, 0..2])")) == "shape-extent");
  // Neither a static argument nor a `let` is bound.
  CHECK(said("block B(a: f32[k], k: dim) -> f32[k] { return a }\n" + net("return B(x[0], 4)")) ==
        "shape-extent");
  CHECK(said("let k = 4\nblock B(a: f32[k]) -> f32[k] { return a }\n" + net("return B(x[0])")) ==
        "shape-extent");
}

TEST_CASE("shape-2: `..` is the same wherever it stands in a call") {
  const std::string block =
      "block B(a: f32[.., n], b: f32[.., m]) -> f32[.., n] { return a * sum(b) * m }\n";
  CHECK(said(block + net("return B(x, x[.., 0..2])")) == "");
  CHECK(said(block + net("return B(x, x[0])")) == "shape-leading-axes");
  CHECK(said("block B(a: f32[.., n]) -> f32[.., 1] { return sum(a) * n }\n" + net("return B(x)")) !=
        "");
}

TEST_CASE("shape-3: every extent that is written holds, defaults included") {
  const std::string block =
      "block B(a: f32[n], b: f32[2 * n], k: dim = n + 1, c: f32[k]) -> f32[n] {\n"
      "  return a * sum(b) * sum(c)\n}\n";
  const std::string inputs = "net N(a: f32[2], b: f32[4], c: f32[3]) -> y: f32[2] { return ";
  CHECK(said(block + inputs + "B(a, b, c) }\n") == "");
  CHECK(said(block + inputs + "B(a, b, c, k: 3) }\n") == "");
  CHECK(said(block + inputs + "B(a, c, b) }\n").find("shape-extent") == 0);
  CHECK(said(block + inputs + "B(a, b, c, k: 4) }\n") == "shape-extent");
}

TEST_CASE("shape-4: a dim of a result alone is what the body returns, the same everywhere") {
  CHECK(computed("B(x)", "block B(x: f32[..]) -> f32[m] { return x[0] }\n").type.dims ==
        ir::Dims{3});
  CHECK(said("block B(x: f32[..]) -> f32[m], f32[m] { return x[0], x[.., 0] }\n" +
             net("a, b = B(x)\nreturn a * sum(b)")) == "shape-extent");
  CHECK(said("block B(x: f32[..]) -> f32[m, k] { return x[0] }\n" + net("return B(x)")) ==
        "shape-kind");
}

TEST_CASE("limit-3, limit-5: elements and axes of a tensor") {
  CHECK(said("net N(x: f32[2147483647]) -> y: f32[..] { return x }\n") == "");
  CHECK(said("net N(x: f32[65536, 32768]) -> y: f32[..] { return x }\n") == "tensor-too-large");
  CHECK(said("net N(x: f32[1, 1, 1, 1, 2]) -> y: f32[..] { return x }\n") == "");
  CHECK(said("net N(x: f32[1, 1, 1, 1, 1, 2]) -> y: f32[..] { return x }\n") == "not-yet");
  // Between the two sides of a `rearrange`, too.
  CHECK(said("net N(x: f32[4, 4, 4]) -> y: f32[..] {\n"
             "  return rearrange(x, \"(a b) (c d) (e f) -> (b a) (d c) (f e)\", a: 2, c: 2, e: 2)\n"
             "}\n") == "not-yet");
}

TEST_CASE("limit-4: what tensors are computed with is f32") {
  CHECK(said(net("return x * 3.4e38")) == "");
  CHECK(said(net("return x * 3.5e38")) == "f32-range");
  CHECK(said(net("return x * 1e-60")) == "");
  CHECK(said(net("return x / 1e-60")) == "division-by-zero");
}

TEST_CASE("limit-6: strides, paddings and windows") {
  const std::string pool =
      "net N(x: f32[1, 2, 2]) -> y: f32[..] { return max_pool2d(x, kernel: 1, ";
  CHECK(said(pool + "stride: 65535) }\n") == "");
  CHECK(said(pool + "stride: 65536) }\n") == "window-step");
  CHECK(said(pool + "stride: 0) }\n") == "window-step");
  const std::string resize =
      "net N(x: f32[1, 2, 2]) -> y: f32[..] { return resize_nearest(x, size: ";
  CHECK(said(resize + "(1, 65535)) }\n") == "");
  CHECK(said(resize + "(1, 65536)) }\n") == "window-step");
  CHECK(
      said("net N(x: f32[65536, 1]) -> y: f32[..] { return adaptive_avg_pool2d(x, size: 1) }\n") ==
      "window-step");
}

// ---- blocks and calls ----

TEST_CASE("call-1: tensors first, then static arguments, then those with names") {
  const std::string block =
      "block B(k: int, x: f32[..], by: int, y: f32[..]) -> f32[..] { return x * k - y * by }\n";
  CHECK(computed("B(x[0], x[1], 2, 1)", block).data == Numbers{-3, -2, -1});
  CHECK(computed("x[0] |> B(x[1], by: 1, k: 2)", block).data == Numbers{-3, -2, -1});
  CHECK(said(block + net("return B(x, x, k: 2, 1)")) == "positional-after-label");
  CHECK(said(block + net("return B(x, x, 2, 1, 0)")) == "argument-count");
  CHECK(said(block + net("return B(x, x, 2)")) == "missing-argument");
  CHECK(said(block + net("return B(x, x, 2, 1, k: 2)")) == "argument-twice");
}

TEST_CASE("block-5: no block calls itself, directly, through others or as an argument") {
  CHECK(said("block A(x: f32[..]) -> f32[..] { return A(x) }\n" + net("return x")) == "recursion");
  CHECK(said("block A(x: f32[..]) -> f32[..] { return B(x) }\n"
             "block B(x: f32[..]) -> f32[..] { return A(x) }\n" +
             net("return A(x)")) == "recursion");
  CHECK(said("block A(x: f32[..], f: block) -> f32[..] { return f(x, f) }\n" +
             net("return A(x, A)")) == "recursion");
  // One after another, and inside each other, it is called twice.
  CHECK(computed("A(A(x[0]))", "block A(x: f32[..]) -> f32[..] { return x + 1 }\n").data ==
        Numbers{2, 3, 4});
}

// ---- tensor expressions ----

TEST_CASE("result-1: ops of one tensor keep its shape, names of axes agree") {
  CHECK(computed("relu(x)").type.dims == ir::Dims{2, 3});
  CHECK(computed("exp(x[0, 0])").type.dims == ir::Dims{});
  CHECK(computed("layer_norm(x, ones([3]), zeros([3]))").type.dims == ir::Dims{2, 3});
  CHECK(said(net("return layer_norm(x, ones([2]), zeros([3]))")) == "op-extents");
}

TEST_CASE("result-2: reductions leave out their axes, or keep them as 1") {
  CHECK(computed("sum(x)") == ops::Tensor({.dims = {}}, {15}));
  CHECK(computed("mean(x, axis: 0)") == ops::Tensor({.dims = {3}}, {1.5, 2.5, 3.5}));
  CHECK(computed("max(x, axis: 1, keep: true)") == ops::Tensor({.dims = {2, 1}}, {2, 5}));
  CHECK(computed("min(x, keep: true)") == ops::Tensor({.dims = {1, 1}}, {0}));
}

TEST_CASE("result-3: as many results as windows have places") {
  const auto extents = [](const std::string& expr) {
    return computed(expr + "(reshape(x, [1, 1, 6]), " +
                    (expr == "conv2d" ? "ones([1, 1, 1, 2]), stride: (1, 2), dilation: (1, 3)"
                                      : "kernel: (1, 3), stride: (1, 2), padding: (0, 1)") +
                    ")")
        .type.dims;
  };
  CHECK(extents("conv2d") == ir::Dims{1, 1, 2});      // at 0 and 2: taps 0, 3 and 2, 5
  CHECK(extents("max_pool2d") == ir::Dims{1, 1, 3});  // from -1, 1 and 3
  CHECK(extents("avg_pool2d") == ir::Dims{1, 1, 3});
  CHECK(said(net("return max_pool2d(reshape(x, [1, 2, 3]), kernel: 4, stride: 1)")) ==
        "window-size");
}

TEST_CASE("result-4: what joins, cuts and moves elements") {
  CHECK(computed("concat([x, x[.., 0..1]], axis: 1)").type.dims == ir::Dims{2, 4});
  CHECK(said(net("return concat([x, x[.., 0..1]], axis: 0)")) == "concat-shapes");
  CHECK(computed("slice(x, axis: 1, begin: 1, end: 3)").type.dims == ir::Dims{2, 2});
  CHECK(computed("transpose(reshape(x, [1, 2, 3]), axes: [2, 0, 1])").type.dims ==
        ir::Dims{3, 1, 2});
  CHECK(computed("reshape(x, [3, 2])") == ops::Tensor({.dims = {3, 2}}, {0, 1, 2, 3, 4, 5}));
  CHECK(said(net("return reshape(x, [4])")) == "reshape-count");
}

TEST_CASE("result-5: losses and metrics are one number") {
  CHECK(computed("mse(x, x + 2)").type.dims.empty());
  CHECK(said(net("return mse(x, x[0])")) == "mse-shapes");
  const auto loss = [](const std::string& call, const std::string& label) {
    return said(
        "net N(x: f32[2, 3]) -> y: f32[2, 3] {\n  param scale: f32[3] = ones\n  return x * "
        "scale\n}\ntrain t of N {\ntarget label: " +
        label + "\nloss " + call + "\noptimizer sgd(lr: 0.1)\n}\n");
  };
  CHECK(loss("cross_entropy(y, label)", "class(3)[2]") == "");
  CHECK(loss("cross_entropy(y, label)", "class(3)") == "label-shape");
  CHECK(loss("mean(y) * accuracy(y, label)", "class(3)") == "label-shape");
}

TEST_CASE("op-1: operators broadcast, counted from the last axis") {
  CHECK(computed("x + x[0]").data == Numbers{0, 2, 4, 3, 5, 7});
  CHECK(computed("x * x[.., 1..2]").data == Numbers{0, 1, 2, 12, 16, 20});
  CHECK(computed("x[0, 1] - x").data == Numbers{1, 0, -1, -2, -3, -4});
  CHECK(computed("(x + 2) / (x + 2)").data == Numbers(6, 1));
  CHECK(said(net("return x + x[.., 0]")) == "broadcast-shapes");
}

TEST_CASE("op-2: a number beside a tensor is an element that all positions share") {
  CHECK(computed("2 - x").data == Numbers{2, 1, 0, -1, -2, -3});
  CHECK(computed("12 / (x[0] + 1)").data == Numbers{12, 6, 4});
  const auto op_of = [](const std::string& expr) {
    return std::string(
        program(net("return " + expr)).module.graphs[0].nodes[ir::NodeId{0}].op->name);
  };
  CHECK(op_of("x / 4") == "scale");
  CHECK(op_of("x / 0.125") == "scale");
  CHECK(op_of("x / 3") == "constant");
  CHECK(said(net("return x + \"1\"")) == "operator-kinds");
  CHECK(said(net("return x % x")) == "operator-kinds");
  CHECK(said(net("return x == \"1\"")) == "operator-kinds");
}

TEST_CASE("op-3: tensors, then attributes; axes from either end; a list for `concat`") {
  CHECK(computed("sum(x, axis: 0)").data == Numbers{3, 5, 7});
  CHECK(computed("sum(x, axis: -2)").data == Numbers{3, 5, 7});
  CHECK(computed("sum(x, -1)").data == Numbers{3, 12});
  CHECK(computed("concat([x[0], x[1], x[0]], axis: 0)").data == Numbers{0, 1, 2, 3, 4, 5, 0, 1, 2});
  CHECK(said(net("return sum(x, axis: 2)")) == "op-axis");
  CHECK(said(net("return sum(x, axis: -3)")) == "op-axis");
  CHECK(said(net("return sum(x, axes: 1)")) == "unknown-argument");
  CHECK(computed("concat([x[0]], axis: 0)").data == Numbers{0, 1, 2});
  CHECK(computed("concat(xs: [x[0], x[1], x[0], x[1]], axis: 0)").data.size() == 12);
  const auto& joined = program(net("return concat([x, x, x, x, x], axis: 0)"));
  CHECK(joined.module.graphs[0].nodes.size() == 1);  // one op, however long the list is
  CHECK(said(net("return concat(x, x, axis: 0)")) != "");
  CHECK(said(net("return concat(x, axis: 0)")) == "wrong-kind");
}

TEST_CASE("op-4: `@` takes rows from the left and columns from the right") {
  CHECK(computed("x @ transpose(x)").data == Numbers{5, 14, 14, 50});
  CHECK(computed("x @ x[0]").data == Numbers{5, 14});
  CHECK(computed("x[.., 1] @ x").data == Numbers{12, 17, 22});
  CHECK(computed("x[0] @ x[1]") == ops::Tensor({.dims = {}}, {14}));
  CHECK(computed("transpose(x)") == ops::Tensor({.dims = {3, 2}}, {0, 3, 1, 4, 2, 5}));
  CHECK(said(net("return x @ x")) == "matmul-inner-dim");
  CHECK(said(net("return x @ 2")) == "wrong-kind");
}

TEST_CASE("op-5: an integer drops its axis, a range keeps it, `..` is the rest") {
  CHECK(computed("x[1]") == ops::Tensor({.dims = {3}}, {3, 4, 5}));
  CHECK(computed("x[1..2]") == ops::Tensor({.dims = {1, 3}}, {3, 4, 5}));
  CHECK(computed("x[.., 0]") == ops::Tensor({.dims = {2}}, {0, 3}));
  CHECK(computed("x[0, 1..3]") == ops::Tensor({.dims = {2}}, {1, 2}));
  CHECK(said(net("return x[2]")) == "index-range");
  CHECK(said(net("return x[.., 2..4]")) == "index-range");
  CHECK(said(net("return x[0, 0, 0]")) == "index-axes");
  CHECK(said(net("return x[.., 0, ..]")) == "index-axes");
}

TEST_CASE("op-5: slices have steps, and numbers below 0 count from the end") {
  CHECK(computed("x[-1]") == ops::Tensor({.dims = {3}}, {3, 4, 5}));
  CHECK(computed("x[-2, -3]") == ops::Tensor({.dims = {}}, {0}));
  CHECK(computed("x[.., -2..-1]") == ops::Tensor({.dims = {2, 1}}, {1, 4}));
  CHECK(computed("x[.., 1:]") == ops::Tensor({.dims = {2, 2}}, {1, 2, 4, 5}));
  CHECK(computed("x[:, :-1]") == ops::Tensor({.dims = {2, 2}}, {0, 1, 3, 4}));
  CHECK(computed("x[.., ::2]") == ops::Tensor({.dims = {2, 2}}, {0, 2, 3, 5}));
  CHECK(computed("x[1:2, 1::2]") == ops::Tensor({.dims = {1, 1}}, {4}));
  CHECK(computed("x[.., -3:3:2]") == ops::Tensor({.dims = {2, 2}}, {0, 2, 3, 5}));
  CHECK(computed("x[.., :2:5]") == ops::Tensor({.dims = {2, 1}}, {0, 3}));
  CHECK(computed("reshape(x, [6])[1::3]").data == Numbers{1, 4});
  CHECK(computed("x * [1, 2, 3][-1]").data == Numbers{0, 3, 6, 9, 12, 15});
  CHECK(program(net("return x[:, ..]")).module.graphs[0].nodes.size() == 0);
  CHECK(said(net("return x[-3]")) == "index-range");
  CHECK(said(net("return x[9223372036854775807]")) == "index-range");
  CHECK(said(net("return x[.., -4:]")) == "index-range");
  CHECK(said(net("return x[.., 4:]")) == "index-range");
  CHECK(said(net("return x[.., :4]")) == "index-range");
  CHECK(said(net("return x[.., -1:0]")) == "range-order");
  CHECK(said(net("return x[.., -1..0]")) == "range-order");
  CHECK(said(net("return x[.., 0..-1]")) == "range-order");
  CHECK(said(net("return x[.., 3:]")) == "extent");
  CHECK(said(net("return x[.., 1:1]")) == "extent");
  CHECK(said(net("return x[::0]")) == "op-attribute");
  CHECK(said(net("return x[::-1]")) == "op-attribute");
  CHECK(computed("x[.., 1::9223372036854775807]") == ops::Tensor({.dims = {2, 1}}, {1, 4}));
  CHECK(said(net("return x[1.5:]")) == "wrong-kind");
  CHECK(said(net("return x[:x]")) == "wrong-kind");
  CHECK(said(net("return x[1.5]")) == "wrong-kind");
  CHECK(said(net("let a = [1, 2][-3]\nreturn x * a")) == "index-range");
  CHECK(said(net("let a = [1, 2][:]\nreturn x * a")) == "index-list");
}

TEST_CASE("op-6: `rearrange` moves, splits and merges axes") {
  CHECK(computed("rearrange(x, \"a b -> b a\")") ==
        ops::Tensor({.dims = {3, 2}}, {0, 3, 1, 4, 2, 5}));
  CHECK(computed("rearrange(x[0..2, 0..2], \"a (b c) -> (b a) 1 c\", c: 1)") ==
        ops::Tensor({.dims = {4, 1, 1}}, {0, 3, 1, 4}));
  CHECK(computed("rearrange(x, \".. (a b) -> .. () a b\", a: 3)").type.dims ==
        ir::Dims{2, 1, 3, 1});
  CHECK(said(net("return rearrange(x, \"a b -> b\")")) == "rearrange");
  CHECK(said(net("return rearrange(x, \"a a -> a a\")")) == "rearrange");
  CHECK(said(net("return rearrange(x, \"a (b c) -> a b c\")")) == "rearrange");
  CHECK(said(net("return rearrange(x, \"a (b c) -> a b c\", b: 2)")) == "rearrange");
  CHECK(said(net("return rearrange(x, \".. b -> b\")")) == "rearrange");
}

TEST_CASE("op-7: `mask` hides what stands right of the diagonal") {
  CHECK(computed("softmax(mask(x[0..2, 0..2] * 0, true), axis: -1)").data ==
        Numbers{1, 0, 0.5, 0.5});
  CHECK(computed("mask(x, false)").data == Numbers{0, 1, 2, 3, 4, 5});
}

TEST_CASE("op-14: a last window may reach beyond the padding; what is there never counts") {
  // x is [[0, 1, 2], [3, 4, 5]].
  const std::string max = "max_pool2d(x, kernel: 2, stride: 2";
  CHECK(computed(max + ")").data == Numbers{4});
  CHECK(computed(max + ", ceil_mode: true)").data == Numbers{4, 5});
  // A third column of windows would start in the padding behind the image.
  CHECK(computed("max_pool2d(x, kernel: 2, stride: 2, padding: 1, ceil_mode: true)").data ==
        Numbers{0, 2, 3, 5});
  const std::string mean = "avg_pool2d(x, kernel: (1, 2), stride: (1, 2), ceil_mode: true";
  CHECK(computed(mean + ")").data == Numbers{0.5, 2, 3.5, 5});
  const std::string padded =
      "avg_pool2d(x * 3, kernel: (1, 3), stride: (1, 3), padding: (0, 1), ceil_mode: true";
  CHECK(computed(padded + ")").data == Numbers{1, 3, 7, 7.5});
  CHECK(computed(padded + ", count_include_pad: false)").data == Numbers{1.5, 6, 10.5, 15});
}

TEST_CASE("op-15: windows that cover an image, and the nearest element before") {
  CHECK(computed("adaptive_avg_pool2d(x, size: (1, 2))").data == Numbers{2, 3});
  CHECK(computed("adaptive_avg_pool2d(x, size: 1)").data == Numbers{2.5});
  CHECK(computed("resize_nearest(x, size: (1, 5))").data == Numbers{0, 0, 1, 1, 2});
  CHECK(computed("resize_nearest(x, size: (4, 1))").data == Numbers{0, 0, 3, 3});
}

TEST_CASE("op-16: the extents of a transposed convolution") {
  const auto made = [](const std::string& rows, const std::string& attributes) {
    return said("net N(x: f32[2, 3, 4]) -> y: f32[1, " + rows + "] {\n" +
                "  param w: f32[2, 1, 3, 2] = zeros\n  return conv_transpose2d(x, w" + attributes +
                ")\n}\n");
  };
  CHECK(made("5, 5", "") == "");
  CHECK(made("7, 8", ", stride: 2") == "");
  CHECK(made("6, 9", ", stride: 2, padding: (1, 0), output_padding: 1") == "");
  CHECK(made("7, 7", ", dilation: (2, 3)") == "");
  CHECK(made("7, 7", "") == "shape-extent");
  CHECK(made("5, 5", ", output_padding: 1") == "window-step");
}

TEST_CASE("op-9: tensors of one number") {
  CHECK(computed("concat([x, zeros([2, 3])], axis: 0)").data ==
        Numbers{0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 0});
  CHECK(computed("ones([2]) @ x").data == Numbers{3, 5, 7});
  CHECK(computed("full([3], value: 0.5) * x").data == Numbers{0, 0.5, 1, 1.5, 2, 2.5});
  CHECK(computed("full(dims: [], value: -2) - x[0, 1]") == ops::Tensor({.dims = {}}, {-3}));
  CHECK(computed("x[0, 0..1] + full([1], 0.1)").data == Numbers{static_cast<double>(0.1F)});
  CHECK(computed("B(x)",
                 "block B(x: f32[n, d]) -> f32[d] { return sum(x * 0, axis: 0) + "
                 "ones([floordiv(d, 2) + d - 1]) }\n")
            .data == Numbers{1, 1, 1});
  // A block of one's own stands before them, as before ops.
  CHECK(computed("zeros(x[0])", "block zeros(x: f32[..]) -> f32[..] { return x + 1 }\n").data ==
        Numbers{1, 2, 3});
  const auto refused = [](const std::string& call) { return said(net("return x + " + call)); };
  CHECK(refused("zeros([0, 3])") == "op-attribute");
  CHECK(refused("ones([3 - 4])") == "op-attribute");
  CHECK(refused("zeros([1.5])") == "op-attribute");
  CHECK(refused("zeros(3)") == "op-attribute");
  CHECK(refused("zeros(x)") == "op-attribute");
  CHECK(refused("full([3], value: x)") == "op-attribute");
  CHECK(refused("full([3])") == "missing-argument");
  CHECK(refused("zeros()") == "missing-argument");
  CHECK(refused("zeros([3], 1)") == "argument-count");
  CHECK(refused("ones([3], value: 2)") == "unknown-argument");
  CHECK(refused("full([3], value: 1e39)") == "f32-range");
  CHECK(refused("zeros([1, 1, 1, 1, 1, 1])") == "not-yet");
  CHECK(refused("zeros([65536, 65536])") == "tensor-too-large");
  CHECK(refused("zeros([3]) as z") == "path-on-op");
  CHECK(refused("zeroes([3])") == "unknown-callable");
}

TEST_CASE("op-11: comparisons give masks, and `where` chooses by one") {
  CHECK(computed("x < 2").data == Numbers{1, 1, 0, 0, 0, 0});
  CHECK(computed("x <= 2").data == Numbers{1, 1, 1, 0, 0, 0});
  CHECK(computed("x > 2").data == Numbers{0, 0, 0, 1, 1, 1});
  CHECK(computed("x >= 2").data == Numbers{0, 0, 1, 1, 1, 1});
  CHECK(computed("x == 2").data == Numbers{0, 0, 1, 0, 0, 0});
  CHECK(computed("x != 2").data == Numbers{1, 1, 0, 1, 1, 1});
  CHECK(computed("2 < x").data == Numbers{0, 0, 0, 1, 1, 1});
  CHECK(computed("2 >= x").data == Numbers{1, 1, 1, 0, 0, 0});
  CHECK(computed("x > x[.., 1..2]") == ops::Tensor({.dims = {2, 3}}, {0, 0, 1, 0, 0, 1}));
  CHECK(computed("x + 1 == x[1] - 2 |> sum").data == Numbers{3});
  CHECK(computed("where(x > 2, x, -1)").data == Numbers{-1, -1, -1, 3, 4, 5});
  CHECK(computed("where(x[0], x, 10 * x[.., 0..1])").data == Numbers{0, 1, 2, 30, 4, 5});
  CHECK(computed("where(x > 0, 1 / x, 0)").data[0] == 0);  // not 0 times infinity
  CHECK(computed("where(x == x, 1, 0)").data == Numbers(6, 1));
  CHECK(said(net("return x < x[.., 0]")) == "broadcast-shapes");
  CHECK(said(net("return x[.., 0] > x")) == "broadcast-shapes");
  CHECK(said(net("return where(x > 1, x[.., 0], x)")) == "broadcast-shapes");
  CHECK(said(net("return where(x > 1, x, x[.., 0])")) == "broadcast-shapes");
  CHECK(said(net("return x + where(1, 2, 3)")) == "wrong-kind");
  CHECK(said(net("return where(x > 1, x)")) == "missing-argument");
  CHECK(said(net("return where(x < 3.5e38, x, 1)")) == "f32-range");
  CHECK(said(net("return not x > 1")) == "wrong-kind");
  CHECK(said(net("return x > 1 and x < 2")) == "wrong-kind");
  CHECK(said(net("if x > 1 { return x } else { return -x }")) == "wrong-kind");
}

TEST_CASE("op-11: no gradient goes through a mask") {
  // What is trained beside the mask is; what nothing but a mask reaches is an error.
  const auto trained = [](const std::string& loss) {
    return compiled(
        "net N(x: f32[3]) -> y: f32[3] {\n  param w: f32[3] = ones\n  return w * x\n}\n"
        "train t of N { loss " +
        loss + "  optimizer sgd(lr: 0.1) }\n");
  };
  CHECK(trained("sum(y * (y > 0))") == "");
  CHECK(trained("sum(where(y > 0, y, 0))") == "");
  CHECK(trained("sum(y > 0)") == "trained-without-gradient");
  CHECK(trained("sum(where(y, 1, 0))") == "trained-without-gradient");
}

TEST_CASE("op-12: numbers, or mirror images, before and after a tensor") {
  CHECK(computed("pad(x, axis: -1, before: 1, after: 0)") ==
        ops::Tensor({.dims = {2, 4}}, {0, 0, 1, 2, 0, 3, 4, 5}));
  CHECK(computed("pad(x[0], axis: 0, before: 0, after: 2, value: -1.5)").data ==
        Numbers{0, 1, 2, -1.5, -1.5});
  CHECK(computed("reflect_pad(x[0], axis: 0, before: 2, after: 1)").data ==
        Numbers{2, 1, 0, 1, 2, 1});
  CHECK(computed("reflect_pad(x, axis: 0, before: 1, after: 0)") ==
        ops::Tensor({.dims = {3, 3}}, {3, 4, 5, 0, 1, 2, 3, 4, 5}));
  for (const std::string op : {"pad", "reflect_pad"}) {
    CAPTURE(op);
    CHECK(said(net("return " + op + "(x, axis: 0, before: 0 - 1, after: 0)")) == "op-attribute");
    CHECK(said(net("return " + op + "(x, axis: 0, before: 0, after: 0 - 1)")) == "op-attribute");
    CHECK(said(net("return " + op + "(x, axis: 2, before: 0, after: 1)")) == "op-axis");
    CHECK(said(net("return " + op + "(x, axis: 0, before: 0)")) == "missing-argument");
  }
  CHECK(said(net("return pad(x, axis: 0, before: 2147483647, after: 0)")) == "tensor-too-large");
  CHECK(said(net("return pad(x, axis: 0, before: 0, after: 0, step: 2)")) == "unknown-argument");
  CHECK(said(net("return pad(x, axis: 0, before: 0, after: 0, value: 1e39)")) == "f32-range");
  CHECK(messages(net("return reflect_pad(x, axis: 1, before: 3, after: 0)"))
            .find("`before` takes 0 to 2, as axis -1 has 3 positions, this is 3") !=
        std::string::npos);
  CHECK(messages(net("return reflect_pad(x, axis: 0, before: 0, after: 2)"))
            .find("`after` takes 0 to 1, as axis -2 has 2 positions, this is 2") !=
        std::string::npos);
}

TEST_CASE("op-13: class numbers of the largest elements, and elements that class numbers name") {
  CHECK(computed("to_f32(argmax(x, axis: 0))").data == Numbers{1, 1, 1});
  CHECK(computed("to_f32(argmax(x * (2.5 - x), axis: -1))").data == Numbers{1, 0});
  CHECK(said("net N(x: f32[2, 3]) -> y: class(3)[2] { return argmax(x, axis: 1) }\n") == "");
  CHECK(computed("to_f32(argmax(x * 0, axis: -1))").data == Numbers{0, 0});
  CHECK(computed("argmax(x, axis: -1) == 2").data == Numbers{1, 1});
  CHECK(computed("argmax(x[0], axis: 0) < argmax(-x[1], axis: 0)").data == Numbers{0});
  CHECK(computed("gather(x, argmax(x, axis: -1))").data == Numbers{2, 5});
  CHECK(computed("gather(x[0], argmax(x, axis: 1))").data == Numbers{2, 2});
  CHECK(computed("accuracy(x, argmax(x, axis: -1))").data == Numbers{1});
  const auto with = [](const std::string& statements) {
    return said(
        "net N(x: f32[2, 3], one: class(3)[2], other: class(4)[2], all: class(3)) -> y: "
        "f32[..] {\n" +
        statements + "\n}\n");
  };
  const std::string rest = " + sum(to_f32(one)) + sum(to_f32(other)) + to_f32(all)";
  CHECK(with("return gather(x, one)" + rest) == "");
  CHECK(with("return gather(x, other)" + rest) == "class-count");
  CHECK(with("return gather(x, argmax(transpose(x) @ x, axis: -1))" + rest) == "op-axes");
  CHECK(with("return gather(x, argmax(x @ transpose(x), axis: -1))" + rest) == "class-count");
  CHECK(with("return gather(x, all)" + rest) == "op-axes");
  CHECK(with("return gather(x[0, 0], all)" + rest) == "op-axes");
  CHECK(with("return gather(x[0], all)" + rest) == "");
  CHECK(with("return gather(x, x)" + rest) == "op-dtype");
  CHECK(with("return argmax(x, axis: 2) == 1" + rest) == "op-axis");
  CHECK(with("return x[0] + argmax(one, axis: 0)" + rest) == "op-dtype");
  CHECK(with("return x[0] + one" + rest) == "op-dtype");
  CHECK(with("return argmax(x) == 1" + rest) == "missing-argument");
}

TEST_CASE("op-13: class numbers that no sample decides are the same for all of them") {
  CHECK(compiled("net N(x: f32[2, 3]) -> y: f32[], best: class(3)[2], z: f32[2] {\n"
                 "  param w: f32[2, 3] = uniform(1)\n"
                 "  best = argmax(w, axis: -1)\n"
                 "  return accuracy(x * w, best), best, gather(x * w, best)\n}\n"
                 "train t of N { loss sum(z)  optimizer sgd(lr: 0.1) }\n") == "");
}

// ---- parameters and paths ----

TEST_CASE("name-1: initial values") {
  using Kind = ir::Initializer::Kind;
  const auto initial = [](const std::string& value) {
    const check::Program whole =
        program("block B(x: f32[n]) -> f32[n] {\nparam w: f32[n] = " + value +
                "\nreturn x * w\n}\n" + net("return B(x[0])"));
    return whole.module.variables[ir::VariableId{0}].init;
  };
  CHECK(initial("zeros") == ir::Initializer{Kind::constant, 0});
  CHECK(initial("ones") == ir::Initializer{Kind::constant, 1});
  CHECK(initial("constant(0.5)") == ir::Initializer{Kind::constant, 0.5});
  CHECK(initial("uniform(0.5)") == ir::Initializer{Kind::uniform, 0.5});
  CHECK(initial("normal(std: 2)") == ir::Initializer{Kind::normal, 2});
  CHECK(initial("kaiming_uniform(fan_in: 16)") == ir::Initializer{Kind::uniform, 0.25});
  const auto refused = [](const std::string& value) {
    return said("block B(x: f32[n]) -> f32[n] {\nparam w: f32[n] = " + value +
                "\nreturn x * w\n}\n" + net("return B(x[0])"));
  };
  CHECK(refused("random") == "initializer");
  CHECK(refused("0.5") == "initializer");
  CHECK(refused("uniform(0)") == "initializer-range");
  CHECK(refused("normal") == "initializer-argument");
  CHECK(refused("normal(bound: 1)") == "unknown-argument");
}

TEST_CASE("name-2: of two calls none takes the variable's name") {
  CHECK(paths(net("a = Linear(x, 3, bias: false)\nreturn a")) == Texts{"a.weight"});
  CHECK(paths(net("a = Linear(x, 3, bias: false) as b\nreturn a")) == Texts{"b.weight"});
  CHECK(paths(net("a = Linear(x, 3, bias: false) + LayerNorm(x)\nreturn a")) ==
        Texts{"linear.weight", "layer_norm.weight", "layer_norm.bias"});
}

TEST_CASE("name-3: the block's name in snake case, or the argument's that is called") {
  const std::string blocks = R"(block GruCell(x: f32[..]) -> f32[..] { return P(x) as p }
block BatchNorm2d(x: f32[..]) -> f32[..] { return P(x) as p }
block CCT(x: f32[..]) -> f32[..] { return P(x) as p }
block P(x: f32[..]) -> f32[..] {
  param w: f32[] = ones
  return x * w
}
block Do(x: f32[..], f: block) -> f32[..] { return f(x) }
)";
  CHECK(paths(blocks + net("return x |> GruCell |> BatchNorm2d |> CCT |> Do(GruCell)")) ==
        Texts{"gru_cell.p.w", "batch_norm2d.p.w", "cct.p.w", "do.f.p.w"});
}

TEST_CASE("name-4: what holds parameters has a path of its own") {
  CHECK(said(net("return Linear(x, 3) |> Linear(3)")) == "duplicate-path");
  CHECK(said(net("return relu(x) as a")) == "path-on-op");
  CHECK(said("block B(x: f32[..]) -> f32[..] { return relu(x) }\n" + net("return B(x) as a")) ==
        "path-on-op");
  CHECK(said(net("repeat i in 0..2 { x = Linear(x, 3) as a }\nreturn x")) == "path-in-repeat");
  CHECK(said(net("repeat i in 0..2 { x = Linear(x, 3) as a[0 * i] }\nreturn x")) ==
        "duplicate-path");
}

TEST_CASE("match-4: every pattern, alternative and entry matches something") {
  CHECK(said(training("freeze c.*")) == "selector-no-match");
  CHECK(said(training("freeze {a, c}.*")) == "selector-part-no-match");
  CHECK(said(training("freeze b[0, 3].*")) == "selector-part-no-match");
  CHECK(said(training("freeze b[0, 2].*")) == "");
}

TEST_CASE("lora-2: options of an adapter, and a base that is frozen") {
  using Kind = ir::Initializer::Kind;
  const auto adapter = [](const std::string& options) {
    return program(training("freeze **\nlora a rank 2 " + options));
  };
  const check::Program plain = adapter("");
  REQUIRE(plain.adapters.size() == 1);
  CHECK(plain.adapters[0].scale == 1);
  const auto& variables = plain.module.variables;
  CHECK(variables[plain.adapters[0].factor_a].init ==
        ir::Initializer{Kind::uniform, 0.70710678118654746});
  CHECK(variables[plain.adapters[0].factor_b].init == ir::Initializer{Kind::constant, 0});
  CHECK(adapter("alpha 8").adapters[0].scale == 4);
  const check::Program drawn = adapter("init normal(0.5)");
  CHECK(drawn.module.variables[drawn.adapters[0].factor_a].init ==
        ir::Initializer{Kind::normal, 0.5});
  CHECK(trained(training("freeze **\nlora a rank 2 mode fa")) == Texts{"a.lora_b"});
  CHECK(said(training("freeze **\nlora a")) == "lora-rank-missing");
  CHECK(said(training("freeze **\nlora a rank 3")) == "lora-rank");
  CHECK(said(training("lora a rank 1")) == "lora-base-trains");
  CHECK(said(training("freeze **\nlora a rank 1\ntrain a.weight")) == "lora-base-trains");
  CHECK(said(training("lora a rank 1\nfreeze a.weight")) == "");
}

}  // namespace
}  // namespace tdc::rules
