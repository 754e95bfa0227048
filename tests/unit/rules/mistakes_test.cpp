// One mistake gives one message: slips of the pen in three ordinary programs, each of which is
// answered by one message in all that compiling says.

#include <doctest/doctest.h>

#include "rules.h"

namespace tdc::rules {
namespace {

/// The mistake writes `instead` where the program has `written`, the first time.
struct Mistake {
  const char* written;
  const char* instead;
  const char* code;  ///< of the one message
};

const char* const kDigits = R"(tdl 1
use std.nn
use std.chips

net Mlp(image: f32[64]) -> logits: f32[10] {
  hidden = Linear(image, 32) as fc1 |> relu
  return Linear(hidden, 10) as fc2
}

train all of Mlp {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
  batch      4
}

data digits for Mlp {
  mean  0.5 as image
  std   0.25 as image
}

deploy board on mcu_256k { budget RAM <= 64 KiB }
deploy other on mcu_256k { }
)";

const char* const kOwnBlock = R"(tdl 1
block Layer(x: f32[n], out: dim, scale: float = 1.0) -> f32[out] {
  param weight: f32[out, n] = kaiming_uniform(n)
  y = weight @ x
  return y * scale
}
net Mlp(image: f32[64]) -> logits: f32[10] {
  hidden = Layer(image, 32) as fc1 |> relu
  return Layer(hidden, 10) as fc2
}
train all of Mlp {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.1)
}
)";

const char* const kOwnChip = R"(tdl 1
net N(x: f32[4]) -> y: f32[4] { return relu(x) }
chip mine {
  cores      2
  platform   "qemu_user"
  memory     RAM, size: 256 KiB, stack: 16 KiB
  memory     FLASH, size: 1 MiB, code: 128 KiB
  tensors    RAM
  constants  FLASH
  image      FLASH
}
deploy board on mine { budget RAM <= 128 KiB }
)";

void check_mistakes(const std::string& program, const std::vector<Mistake>& mistakes) {
  REQUIRE(compiled(program) == "");
  for (const Mistake& each : mistakes) {
    std::string text = program;
    const size_t at = text.find(each.written);
    REQUIRE_MESSAGE(at != std::string::npos, each.written);
    text.replace(at, std::string(each.written).size(), each.instead);
    CAPTURE(text);
    CHECK(compiled(text) == each.code);
  }
}

TEST_CASE("mistakes: words of a program that uses the library") {
  check_mistakes(kDigits,
                 {{"use std.nn\n", "", "unknown-callable"},
                  {"use std.chips\n", "", "unknown-chip"},
                  {"std.nn", "std.nns", "use-unknown"},
                  {"std.nn", "nn", "use-unknown"},
                  {"relu", "reluu", "unknown-callable"},
                  {"Linear(hidden", "Linear(hiden", "unknown-name"},
                  {"Linear(image", "Linear(imge", "unknown-name"},
                  {"cross_entropy(", "crossentropy(", "unknown-callable"},
                  {"cross_entropy(logits, label)", "cross_entropy(logits, lable)", "unknown-name"},
                  {"accuracy(", "acuracy(", "unknown-callable"},
                  {"train all of Mlp", "train all of Mpl", "unknown-net"},
                  {"on mcu_256k", "on mcu256", "unknown-chip"},
                  {"RAM <=", "RAMM <=", "unknown-level"},
                  {"sgd(", "sdg(", "unknown-word"},
                  {"lr:", "rate:", "unknown-argument"},
                  {"0.5 as image", "0.5 as imgae", "data-input"},
                  {"mean  0.5", "means 0.5", "unknown-word"}});
}

TEST_CASE("mistakes: types and shapes") {
  check_mistakes(kDigits, {{"image: f32[64]", "image: f32", "type-without-shape"},
                           {"image: f32[64]", "image: float32[64]", "unknown-type"},
                           {"logits: f32[10]", "logits: float32[10]", "unknown-type"},
                           {"logits: f32[10]", "logits: f32[12]", "shape-extent"},
                           {"logits: f32[10]", "logits: f32[2, 10]", "shape-kind"},
                           {"class(10)", "class(12)", "class-count"},
                           {"class(10)", "class", "type-argument"},
                           {"class(10)", "class(10)[3]", "label-shape"},
                           {"Linear(hidden, 10) as fc2", "hidden @ image", "matmul-inner-dim"},
                           {"Linear(image, 32)", "Linear(image, 32.0)", "argument-kind"},
                           {"Linear(image, 32)", "Linear(image)", "missing-argument"},
                           {"Linear(image, 32)", "Linear(image, 32, true, 5)", "argument-count"},
                           {"Linear(image, 32)", "Linear(image, outs: 32)", "unknown-argument"},
                           {"  hidden =", "  hidden, rest =", "binding-count"},
                           {"as fc2", "as fc2, hidden", "return-count"}});
}

TEST_CASE("mistakes: what is left out of a train block, and what does not go together") {
  check_mistakes(
      kDigits,
      {{"  loss       cross_entropy(logits, label)\n", "", "train-without"},
       {"  loss       cross_entropy(logits, label)\n  metric     accuracy(logits, label)\n", "",
        "train-without"},
       {"  optimizer  sgd(lr: 0.1)\n", "", "train-without"},
       {"sgd(lr: 0.1)", "sgd", "missing-argument"},
       {"sgd(lr: 0.1)", "sgd(0.1)", "option-label"},
       {"batch      4", "batch      0", "whole-number"},
       {"batch      4", "freeze     **", "nothing-trained"},
       {"batch      4", "freeze     fc1", "selector-no-match"},
       {"batch      4", "freeze     fc3.*", "selector-no-match"},
       {"batch      4", "freeze **\n  lora fc1", "lora-rank-missing"},
       {"batch      4", "freeze **\n  lora fc3 rank 2", "selector-no-match"},
       {"batch      4", "freeze **\n  lora fc1 rank 99", "lora-rank"},
       {"batch      4", "lora fc1 rank 2", "lora-base-trains"},
       {"batch      4", "schedule cosine(warmup: 3)", "missing-argument"},
       {"batch      4", "assert params(trainable) < 5", "assertion-values"},
       {"batch      4", "assert params(trainabel) < 5000", "params-word"},
       {"batch      4", "assert parms(trainable) < 5000", "unknown-callable"},
       {"batch      4", "target other: f32[3]", "unused-target"},
       {"logits, label)\n  metric", "logits)\n  metric", "missing-argument"},
       {"as fc2", "as fc1", "duplicate-path"},
       {"64 KiB", "640 KiB", "budget-capacity"},
       {"64 KiB", "20 KiB", "memory-does-not-fit"},
       {"64 KiB", "64", "byte-count"},
       {"std   0.25", "std   0", "data-deviation"},
       {"mean  0.5", "mean  [0.5, 0.5]", "data-channels"}});
}

TEST_CASE("mistakes: spelling from other languages") {
  check_mistakes(
      kDigits,
      {{"  hidden =", "  # a comment, isn't it = (\n  hidden =", "source-character"},
       {"|> relu\n", "|> relu;\n", "source-character"},
       {"hidden = Linear", "hidden := Linear", "syntax"},
       {"hidden = Linear", "hidden: Linear", "syntax"},
       {"lr: 0.1", "lr=0.1", "syntax"},
       {"-> logits", "=> logits", "syntax"},
       {"Linear(image, 32) as", "Linear(image, 32 as", "bracket-mismatch"},
       {"Linear(image, 32)", "Linear(image 32)", "syntax"},
       {"as fc2\n}", "as fc2\n", "bracket-unclosed"},
       {"batch      4", "batch = 4", "syntax"},
       {"batch      4", "bacth 4", "syntax"},
       {"RAM <= 64", "RAM < 64", "syntax"},
       {"64 KiB", "64 kB", "syntax"},
       {"hidden = Linear", "let hidden = Linear", "let-tensor"},
       {"hidden = Linear(image, 32) as fc1 |> relu\n  return Linear(hidden",
        "state = Linear(image, 32) as fc1 |> relu\n  return Linear(state", "reserved-word"},
       {"  return Linear(hidden, 10)", "  logits = Linear(hidden, 10)", "missing-return"},
       {"|> relu\n", "|> relu as act\n", "path-on-op"},
       {"Linear(image, 32)", "Linear(image, width)", "unknown-name"},
       {"hidden = Linear(image, 32)",
        "let width = 32\n  width = 16\n  hidden = Linear(image, width)", "rebinds-static"}});
}

TEST_CASE("mistakes: in a block that is called twice") {
  check_mistakes(
      kOwnBlock,
      {{" = kaiming_uniform(n)", "", "parameter-without-value"},
       {"kaiming_uniform", "kaiming_unifrom", "initializer"},
       {"kaiming_uniform(n)", "0.0", "initializer"},
       {"weight @ x", "wieght @ x", "unknown-name"},
       {"weight @ x", "x @ weight", "matmul-inner-dim"},
       {"f32[out, n] =", "f32[out, m] =", "unknown-name"},
       {"f32[out, n] =", "i32[out, n] =", "parameter-type"},
       {"f32[out, n] =", "f32 =", "type-without-shape"},
       {"f32[out, n] =", "dim[out, n] =", "static-shape"},
       {"-> f32[out]", "-> f32[n]", "shape-extent"},
       {" -> f32[out] {", " {", "syntax"},
       {"out: dim", "out: f32", "type-without-shape"},
       {"out: dim", "out: dimension", "unknown-type"},
       {"return y * scale", "return y", "unused-argument"},
       {"y = weight @ x", "y = Layer(weight @ x, out)", "recursion"},
       {"  return y * scale\n", "  z = y * scale\n", "missing-return"},
       {"y = weight @ x", "require out % 7 == 0, \"no\"\n  y = weight @ x", "require"},
       {"return Layer(hidden, 10)", "return Mlp(hidden)", "net-called"},
       {"net Mlp", "block Layer(x: f32[n]) -> f32[n] { return x }\nnet Mlp", "duplicate-name"}});
}

TEST_CASE("mistakes: in a chip") {
  check_mistakes(kOwnChip, {{"  cores      2\n", "", "chip-without"},
                            {"cores      2", "core 2", "unknown-word"},
                            {"cores      2", "cores 99", "chip-clause"},
                            {"size: 256 KiB", "size: 256", "byte-count"},
                            {", size: 256 KiB, stack: 16 KiB", "", "chip-clause"},
                            {"size: 256 KiB", "sise: 256 KiB", "unknown-argument"},
                            {"stack: 16 KiB", "stack: 512 KiB", "chip-reserve"},
                            {"tensors    RAM", "tensors    SRAM", "unknown-level"},
                            {"memory     RAM,", "memory     RAN,", "unknown-level"},
                            {"  tensors    RAM\n", "", "chip-without"},
                            {"qemu_user", "qemu_usr", "unknown-platform"},
                            {"RAM <= 128 KiB", "RAM <= 128", "byte-count"}});
}

}  // namespace
}  // namespace tdc::rules
