// Sections 2 to 9 of the manual: how a program is written.

#include <doctest/doctest.h>

#include "rules.h"

namespace tdc::rules {
namespace {

using Numbers = std::vector<double>;

// ---- expressions ----

TEST_CASE("expr-1: comparisons do not chain, a pipe takes all before it") {
  CHECK(read("let a = b < c < d") == "comparison-chain");
  CHECK(read("let a = (b < c) == d") == "");
  CHECK(computed("x + x |> neg").data == Numbers{0, -2, -4, -6, -8, -10});
  CHECK(computed("x + neg(x)").data == Numbers(6, 0));
}

TEST_CASE("expr-2: what is piped is the first argument") {
  const std::string block =
      "block Less(x: f32[..], y: f32[..], by: float = 0) -> f32[..] { return x - y - by }\n";
  CHECK(computed("2 * x |> Less(x, by: 1)", block).data == Numbers{-1, 0, 1, 2, 3, 4});
  CHECK(computed("x |> relu |> neg").data == Numbers{0, -1, -2, -3, -4, -5});
  CHECK(read("let a = x |> 3") == "syntax");
  CHECK(read("let a = x |> (f)") == "syntax");
  CHECK(said(net("return x |> 2.0 * x")) == "syntax");
}

TEST_CASE("expr-3: only a name is called") {
  CHECK(read("let a = f(1, if: 2)") == "");
  CHECK(read("let a = (f)(1)") == "callee-no-name");
  CHECK(read("let a = f(1)(2)") == "callee-no-name");
  CHECK(read("let a = f(b.c: 1)") == "syntax");
}

TEST_CASE("expr-4: `as` follows a call, and `shared` makes one set of parameters") {
  CHECK(read("let a = x |> f as p.q") == "");
  CHECK(read("let a = f(x) as p shared") == "");
  for (const char* wrong : {"x as p", "(f(x)) as p", "f(x)[0] as p", "3 as p"}) {
    CAPTURE(wrong);
    CHECK(read(std::string("let a = ") + wrong) == "as-no-call");
  }
  CHECK(paths(net("repeat i in 0..2 { x = Linear(x, 3, bias: false) as l shared }\nreturn x")) ==
        Texts{"l.weight"});
  CHECK(said(net("return Linear(x, 3) as l shared")) == "shared-outside-repeat");
}

TEST_CASE("expr-5: subscripts, each of their forms") {
  CHECK(tree("let a = b[1, 2..3, 4:, :5, 6:7, :, ..]").find("[1, (.. 2 3), 4:, :5, 6:7, :, ..]") !=
        std::string::npos);
  CHECK(tree("let a = b[1:2:3, 4::5, :6:7, ::8]").find("[1:2:3, 4::5, :6:7, ::8]") !=
        std::string::npos);
  CHECK(tree("let a = b[1::, 2:3:, ::]") == tree("let a = b[1:, 2:3, :]"));
  for (const char* index : {"1:2:3:4", ":::", "..:", ":..", "1, :, :2 3"})
    CHECK(read(std::string("let a = b[") + index + "]") == "syntax");
  CHECK(read("let a = b[1..]") == "syntax");
  CHECK(read("let a = b[]") == "syntax");
}

TEST_CASE("expr-6: brackets alone change nothing, a comma makes a tuple") {
  CHECK(tree("let a = (b)") == tree("let a = b"));
  CHECK(tree("let a = (b,)") != tree("let a = b"));
  CHECK(tree("let a = (b, c,)") == tree("let a = (b, c)"));
  CHECK(read("let a = []") == "");
  CHECK(read("let a = [,]") == "syntax");
  // A tuple is not a list.
  CHECK(said(net("require (1, 2)[1] == [1, 2][1]\nreturn x")) == "");
  CHECK(said(net("require (1, 2) == [1, 2]\nreturn x")) == "operator-kinds");
}

TEST_CASE("expr-7: `floordiv` rounds down, `//` is a comment") {
  CHECK(said(net("require floordiv(7, 2) == 3 and floordiv(0 - 7, 2) == 0 - 4\nreturn x")) == "");
  CHECK(tree("let a = 7 // 2") == tree("let a = 7"));
}

// ---- paths ----

TEST_CASE("path-1, path-2: segments are any words and plain digits, or an index") {
  CHECK(paths(net("return Linear(x, 3, bias: false) as a.if.0.1.b")) == Texts{"a.if.0.1.b.weight"});
  CHECK(paths(net("repeat i in 1..3 { x = Linear(x, 3, bias: false) as a[2 * i].b }\nreturn x")) ==
        Texts{"a.2.b.weight", "a.4.b.weight"});
  CHECK(read("let a = f(x) as b.1_0") == "path-number");
  CHECK(read("let a = f(x) as b.1e3") == "path-number");
  CHECK(read("let a = f(x) as \"b\"") == "syntax");
  CHECK(said(net("return Linear(x, 3) as a[0 - 1]")) == "wrong-kind");
  CHECK(said(net("return Linear(x, 3) as a[x]")) == "wrong-kind");
}

// ---- types ----

TEST_CASE("type-1: tensors have a shape, static types have none") {
  CHECK(said(R"(block B(x: f32[n, 3], s: f32[], i: i32[4], c: class(10), t: class(10)[2], d: dim,
  p: dim2, k: int, r: float, b: bool, w: string, f: block) -> f32[n, 3] { return x }
net N(x: f32[2]) -> y: f32[2] { return x }
)")
            .find("unused-argument") == 0);
  for (const std::string type : {"f32", "i32"})
    CHECK(said("block B(x: " + type + ") -> f32[2] { return x }\n" + net("return x")) ==
          "type-without-shape");
  for (const std::string type : {"dim", "dim2", "int", "float", "bool", "string", "block"})
    CHECK(said("block B(x: " + type + "[2]) -> f32[2] { return x }\n" + net("return x")) ==
          "static-shape");
  CHECK(said("block B(x: class[2]) -> f32[2] { return x }\n" + net("return x")) == "type-argument");
  CHECK(said("block B(x: f32(2)[2]) -> f32[2] { return x }\n" + net("return x")) ==
        "type-argument");
}

TEST_CASE("type-2: `..` is any number of leading axes, none too") {
  const std::string block = "block Last(x: f32[.., n]) -> f32[..] { return sum(x, axis: -1) }\n";
  CHECK(computed("Last(x)", block).type.dims == ir::Dims{2});
  CHECK(computed("Last(x[0])", block).type.dims == ir::Dims{});
  CHECK(said("block B(x: f32[n, ..]) -> f32[n] { return x }\n" + net("return x")) ==
        "shape-leading");
}

TEST_CASE("type-3: tuples of two types at least, blocks of one result") {
  CHECK(read("block B(x: (int, f32[n])) -> f32[n] { return x }") == "");
  CHECK(read("block B(x: (int)) -> f32[n] { return x }") == "syntax");
  CHECK(read("block B(f: block(f32[n], dim) -> (f32[n], f32[n])) -> f32[n] { return f }") == "");
  CHECK(read("block B(f: block(f32[n]) -> f32[n], f32[n]) -> f32[n] { return f }") == "syntax");
  CHECK(said("block B(x: (int, f32[n])) -> f32[2] { return x }\n" + net("return x")) == "not-yet");
  CHECK(said("block B(x: f32[2]) -> (f32[2], f32[2]) { return x }\n" + net("return x")) ==
        "not-yet");
}

// ---- statements ----

const std::string kHalves = "block Split(x: f32[n]) -> f32[n], f32[n] { return x / 2, x * 2 }\n";

TEST_CASE("stmt-1: one name or several, and a type that is checked") {
  CHECK(said(kHalves + net("a: f32[3] = x[0]\nb, c = Split(a)\nreturn b + c")) == "");
  CHECK(said(net("a: f32[4] = x[0]\nreturn a")) == "shape-extent");
  CHECK(said(kHalves + net("b, c, d = Split(x[0])\nreturn b + c + d")) == "binding-count");
  CHECK(said(kHalves + net("b = Split(x[0])\nreturn b")) == "binding-count");
}

TEST_CASE("stmt-2: a `let` is static, and once") {
  CHECK(computed("x[0] * k", "let k = 2 + 3\n").data == Numbers{0, 5, 10});
  CHECK(said(net("let a = 1\nlet a = 2\nreturn x * a")) == "duplicate-name");
  CHECK(said(net("let a = x\nreturn a")) == "let-tensor");
}

TEST_CASE("stmt-3: a parameter, with another path if it says so") {
  const std::string block =
      "block B(x: f32[n]) -> f32[n] {\n  param w: f32[n] = ones\n"
      "  param b: f32[n] as bias.0 = zeros\n  return x * w + b\n}\n";
  CHECK(paths(block + net("return B(x[0]) as c")) == Texts{"c.w", "c.bias.0"});
  CHECK(said("block B(x: f32[n]) -> f32[n] {\n  param w: f32[n]\n  return x * w\n}\n" +
             net("return B(x[0])")) == "parameter-without-value");
  CHECK(paths(net("state s: f32[3] = zeros\nreturn x + s")) == Texts{"s"});
  CHECK(said(net("state s: f32[3]\nreturn x + s")) == "parameter-without-value");
}

TEST_CASE("stmt-4: `require` stops with its message, values in place of braces") {
  CHECK(
      messages(net("let d = 3\nrequire d % 2 == 0, \"{d} is \\{odd\\}, {d + 1} is not\"\nreturn x"))
          .find("error: 3 is {odd}, 4 is not [require]") != std::string::npos);
  CHECK(said(net("require 3 % 2 == 1, \"never\"\nreturn x")) == "");
  CHECK(said(net("require 3\nreturn x")) == "wrong-kind");
}

TEST_CASE("stmt-5: the first branch whose condition holds") {
  const std::string block = R"(block Pick(x: f32[..], k: int) -> f32[..] {
  if k == 1 { return x } else if k < 3 { return x * 2 } else { return x * 3 }
}
)";
  CHECK(computed("Pick(x[0], 1)", block).data == Numbers{0, 1, 2});
  CHECK(computed("Pick(x[0], 2)", block).data == Numbers{0, 2, 4});
  CHECK(computed("Pick(x[0], 3)", block).data == Numbers{0, 3, 6});
  CHECK(said(net("if x { return x } else { return x }")) == "wrong-kind");
  CHECK(said(net("if 1 { return x } else { return x }")) == "wrong-kind");
}

TEST_CASE("stmt-6: `repeat` over a range, a list, and with the turn's index") {
  const std::string block = R"(block Turns(x: f32[..]) -> f32[..] {
  repeat i in 2..4 { x = x + i }
  repeat (a, b) in [(1, 10), (2, 20)] { x = x + a * b }
  repeat i, k in [100, 200] { x = x + i * k }
  repeat i in 0..0 { x = x * i }
  return x
}
)";
  CHECK(computed("Turns(x[0, 0])", block).data == Numbers{2 + 3 + 10 + 40 + 200});
  CHECK(said(net("repeat i in 3 { x = x + i }\nreturn x")) == "wrong-kind");
  CHECK(said(net("repeat (a, b) in [(1, 2, 3)] { x = x * a * b }\nreturn x")) == "wrong-kind");
}

TEST_CASE("stmt-7: results in the order in which they are declared") {
  const check::Program both =
      program("net N(x: f32[2, 3]) -> a: f32[3], b: f32[2] { return x[0], x @ x[1] }\n");
  REQUIRE(both.module.graphs[0].outputs.size() == 2);
  CHECK(both.module.graphs[0].outputs[0].name == "a");
  CHECK(both.module.graphs[0].outputs[1].name == "b");
  CHECK(said("net N(x: f32[2, 3]) -> a: f32[3], b: f32[2] { return x @ x[1], x[0] }\n") ==
        "shape-extent shape-extent");
  CHECK(said("net N(x: f32[2, 3]) -> a: f32[3], b: f32[2] { return x[0] }\n") == "return-count");
}

TEST_CASE("stmt-8: `update` gives a state its next value, once") {
  CHECK(read("block B(x: f32[n]) -> f32[n] {\n update s = x\n return x }") == "");
  CHECK(read("block B(x: f32[n]) -> f32[n] {\n update s, t = x\n return x }") != "");
  const std::string state = "state s: f32[3] = zeros\n";
  CHECK(said(net(state + "update s = s * 2\nreturn x + s")) == "");
  CHECK(said(net(state + "update s = s * 2\nupdate s = s * 3\nreturn x + s")) == "updated-twice");
  CHECK(said(net(state + "update s = 2\nreturn x + s")) == "update-type");
  CHECK(said(net("update x = x\nreturn x")) == "update-of-no-state");
  // A state that is handed on is still that state.
  CHECK(said("block B(x: f32[n], t: f32[n]) -> f32[n] {\n update t = t + 1\n return x + t }\n" +
             net(state + "return B(x[0], s)")) == "");
}

// ---- declarations ----

TEST_CASE("decl-1: a library that there is") {
  CHECK(said("use std.chips\n" + net("return Linear(x, 2)")) == "");
  CHECK(said("use std.nets\n" + net("return x")) == "use-unknown");
  CHECK(said("use \"./nowhere.td\"\n" + net("return x")) == "use-unreadable");
}

TEST_CASE("decl-2: results of a block are types, with names for all or none") {
  CHECK(read("block B(x: f32[n]) -> a: f32[n], b: f32[n] { return x, x }") == "");
  CHECK(read("block B(x: f32[n]) -> a: f32[n], f32[n] { return x, x }") == "result-names");
  CHECK(read("block B(x: f32[n]) { return x }") == "syntax");
}

TEST_CASE("decl-3: results of a net have names, and only nets are trained") {
  CHECK(read("net N(x: f32[2]) -> f32[2] { return x }") == "syntax");
  CHECK(said("block B(x: f32[2]) -> y: f32[2] { return x }\n" + net("return B(x[0, 0..2])") +
             "train t of B { loss mean(y) optimizer sgd(lr: 0.1) }") == "unknown-net");
}

TEST_CASE("decl-4: defaults, and a `let` that the whole file knows") {
  CHECK(computed("By(x[0]) + By(x[0], k: 1)",
                 "block By(x: f32[..], k: int = factor) -> f32[..] { return x * k }\n"
                 "let factor = 4\n")
            .data == Numbers{0, 5, 10});
  CHECK(said("block B(x: f32[n] = 1) -> f32[n] { return x }\n" + net("return x")) ==
        "tensor-default");
  CHECK(said("let a = b\nlet b = 1\n" + net("return x * a")) == "let-later");
}

// ---- selections ----

TEST_CASE("select-1, match-1: patterns over whole paths, segment by segment") {
  CHECK(trained(training("freeze **\ntrain a.weight, b.1.bias")) == Texts{"a.weight", "b.1.bias"});
  CHECK(said(training("freeze a")) == "selector-no-match");
  CHECK(said(training("freeze weight")) == "selector-no-match");
  CHECK(said(training("freeze a.weight.x")) == "selector-no-match");
}

TEST_CASE("select-2, match-1: `*` is one segment, `**` any number, braces hold alternatives") {
  CHECK(trained(training("freeze **\ntrain *.bias")) == Texts{"a.bias"});
  CHECK(trained(training("freeze **\ntrain **.bias")) ==
        Texts{"a.bias", "b.0.bias", "b.1.bias", "b.2.bias"});
  CHECK(trained(training("freeze **\ntrain a.**.bias")) == Texts{"a.bias"});
  CHECK(trained(training("freeze **\ntrain {a, b.1}.weight")) == Texts{"a.weight", "b.1.weight"});
  CHECK(read("train t of N { freeze conv* }") == "pattern-partial");
  CHECK(read("train t of N { freeze *conv }") == "syntax");
}

TEST_CASE("select-3: brackets pick numbered segments") {
  CHECK(trained(training("freeze **\ntrain b[0, 2..3].bias")) == Texts{"b.0.bias", "b.2.bias"});
  CHECK(trained(training("freeze **\ntrain b[1].*")) ==
        trained(training("freeze **\ntrain b.1.*")));
  CHECK(read("train t of N { freeze b[*] }") == "pattern-partial");
}

TEST_CASE("select-4: a slice stands alone and last") {
  CHECK(said(training("train a.weight[0:1]")) == "not-yet");
  for (const char* slice : {"[:1]", "[1:]", "[:]"})
    CHECK(read(std::string("train t of N { train a.weight") + slice + " }") == "");
  CHECK(read("train t of N { train a[0:1].weight }") == "pattern-slice");
  CHECK(read("train t of N { train a.weight[0:1, 2] }") == "pattern-slice");
}

TEST_CASE("select-5, match-3: what `!` takes back") {
  CHECK(trained(training("freeze **\ntrain a.*, !a.bias, b.0.bias")) ==
        Texts{"a.weight", "b.0.bias"});
  CHECK(read("train t of N { freeze !a }") == "pattern-negation");
  CHECK(said(training("freeze a.*, !b.0.bias")) == "selector-takes-nothing");
  CHECK(said(training("freeze a.*, !c")) == "selector-no-match");
}

// ---- training, chips, data ----

TEST_CASE("train-1: a block of a net, or one that goes on from another") {
  CHECK(said(training("") + "train u extends t { seed 1 }\n") == "");
  CHECK(said(training("") + "train u extends v { seed 1 }\n") == "unknown-train");
  CHECK(said(training("") + "train u of M { loss mean(y) optimizer sgd(lr: 0.1) }\n") ==
        "unknown-net");
  CHECK(said(training("") + "train u extends v { }\ntrain v extends u { }\n") ==
        "extends-circle extends-circle");
  CHECK(read("train t { seed 1 }") == "syntax");
}

TEST_CASE("train-2: every clause is read, and nothing else") {
  for (const char* clause :
       {"target l: class(10)", "loss a", "metric f(a)", "metric m = a", "optimizer sgd(lr: 0.1)",
        "schedule constant", "batch 2", "batch 2 accumulate 3", "clip norm 1.0", "seed 3",
        "weights from \"w.npz\"", "assert a == 1", "expect a < 1 after 5 steps", "freeze **",
        "train a", "lora a rank 1", "quantize a int8"}) {
    CAPTURE(clause);
    CHECK(read(std::string("train t of N { ") + clause + " }") == "");
  }
  for (const char* wrong : {"learn a", "batch", "batch 2 accumulate", "seed 1.5", "clip 1.0",
                            "expect a < 1 after steps", "weights \"w.npz\""}) {
    CAPTURE(wrong);
    CHECK(read(std::string("train t of N { ") + wrong + " }") != "");
  }
}

TEST_CASE("train-3: later lines win, and a call takes one adapter") {
  CHECK(trained(training("train **\nfreeze b.**, a.weight")) == Texts{"a.bias"});
  CHECK(trained(training("freeze **\ntrain a.bias")) == Texts{"a.bias"});
  CHECK(said(training("freeze **\nlora a rank 1\nlora * rank 2")) == "lora-twice");
  CHECK(trained(training("freeze **\nlora a rank 1\nlora b.1 rank 2")) ==
        Texts{"a.lora_a", "a.lora_b", "b.1.lora_a", "b.1.lora_b"});
}

TEST_CASE("train-4: options are a word and a value, and begin no clause") {
  CHECK(read("train t of N { lora a rank 4 alpha 8.0 dropout 0.1 mode fa init normal(0.1) lr 0.1 "
             "decay 0 lr_schedule constant() }") == "");
  CHECK(read("train t of N { train a lr 0.1 decay 0 }") == "");
  for (const char* word : {"rank 4", "alpha 8", "mode fa", "lr 0.1", "init zeros"}) {
    CAPTURE(word);
    CHECK(read(std::string("train t of N { seed 1 ") + word + " }") != "");
    CHECK(read(std::string("train t of N { freeze a ") + word + " }") != "");
  }
  CHECK(said(training("freeze **\nlora a rank 1 rank 2")) == "argument-twice");
}

TEST_CASE("train-5: one file of weights for a block, and one for blocks without") {
  const std::string file = "weights from \"all.npz\"\n";
  CHECK(program(file + training("")).weights_from == "all.npz");
  CHECK(program(file + training("weights from \"own.npz\"")).weights_from == "own.npz");
  CHECK(said(training("weights from \"a.npz\"\nweights from \"b.npz\"")) == "duplicate-clause");
  CHECK(said(file + file + training("")) == "duplicate-clause");
  CHECK(read("weights from \"a.npz\" map { a.b = \"c d\" e.* = f.* }") == "");
  CHECK(said(training("weights from \"a.npz\" map { a.weight = \"c\" }")) == "not-yet");
}

TEST_CASE("train-6, learn-5: what is asserted holds when the file is checked") {
  // Four layers of 4 + 2.
  CHECK(said(training("freeze a.*\nassert params(trainable) == 18\nassert params(frozen) == 6\n"
                      "assert params(all) == 24")) == "");
  CHECK(said(training("assert params(all) < 24")) == "assertion-values");
  CHECK(said(training("assert params(some) < 24")) == "params-word");
  CHECK(said(training("assert params(all)")) == "wrong-kind");
  CHECK(said(training("expect loss < 1 after 5 steps")) == "not-yet");
}

TEST_CASE("deploy-1: what a `deploy` block says") {
  for (const char* clause : {"budget L1 <= 1 KiB, L2 <= 1 MiB", "allow recompute, tile",
                             "emit infer, train", "page L3", "assert a < b"}) {
    CAPTURE(clause);
    CHECK(read(std::string("deploy d on c { ") + clause + " }") == "");
  }
  CHECK(read("deploy d { }") == "syntax");
  CHECK(read("deploy d on c { budget L1 < 1 KiB }") == "syntax");
  CHECK(said("use std.chips\n" + net("return x") +
             "deploy d on pulp_cluster { budget L2 <= 1 MiB allow recompute }") == "");
  CHECK(said("use std.chips\n" + net("return x") + "deploy d on pulp_cluster { allow all }") ==
        "unknown-word");
}

TEST_CASE("deploy-2: the library's chips are written like anyone's") {
  CHECK(read("chip c { cores 8 memory L1, size: 1 KiB, code: 0 }") == "");
  CHECK(read("chip c { memory L1 size: 1 KiB }") == "syntax");
  for (const char* chip : {"pulp_cluster", "mcu_256k"}) {
    CAPTURE(chip);
    CHECK(said("use std.chips\n" + net("return x") + "deploy d on " + chip + " { }") == "");
  }
}

TEST_CASE("deploy-3: lines of a `data` block") {
  CHECK(read("data d for N { train npz(\"a.npz\") mean [0.5, 1] as x }") == "");
  CHECK(read("data d { train npz(\"a.npz\") }") == "syntax");
  CHECK(said(net("return x") + "data d for M { }") == "unknown-net");
  CHECK(said(net("return x") + "data d for N { train npz(\"a.npz\") tests npz(\"b.npz\") }") ==
        "unknown-word");
}

}  // namespace
}  // namespace tdc::rules
