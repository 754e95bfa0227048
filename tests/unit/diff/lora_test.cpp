// Adapters of convolutions and tables: gradients against central differences, and the generated C
// against the interpreter. That they compute what they should is the matter of weights_test.cpp.

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "unit/diff/training.h"

namespace tdc::test {
namespace {

constexpr const char* kProgram = R"(tdl 1

use std.nn

net Both(image: f32[2, 7, 6], words: class(5)[3]) -> logits: f32[4] {
  x = image |> Conv2d(6, kernel: (3, 2), stride: 2, padding: 1, dilation: (1, 2)) as conv |> tanh
  w = words |> Embedding(5, 4) as table |> mean(axis: 0)
  return concat([mean(x, axis: [1, 2]), w], axis: 0) |> tanh |> Linear(4) as head
}

train adapted of Both {
  target     label: class(4)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  batch      2 accumulate 2
  freeze     **
  lora       conv, table, head rank 2 alpha 3
}
)";

TEST_CASE("lora: adapters of convolutions and tables train as they should") {
  std::mt19937_64 random(7);
  const auto array = [&](const std::string& name, const std::vector<int64_t>& dims) {
    std::vector<float> elements(static_cast<size_t>(ir::element_count(dims)));
    for (float& element : elements) element = std::normal_distribution<float>(0, 0.5F)(random);
    return io::make_array(name, dims, elements);
  };
  Training training(
      kProgram, "adapted",
      {array("conv.weight", {6, 2, 3, 2}), array("conv.bias", {6}), array("table.weight", {5, 4}),
       array("head.weight", {4, 10}), array("head.bias", {4}), array("conv.lora_a", {2, 12}),
       array("conv.lora_b", {6, 2}), array("table.lora_a", {2, 5}), array("table.lora_b", {4, 2}),
       array("head.lora_a", {2, 10}), array("head.lora_b", {4, 2})},
      {array("image", {4, 2, 7, 6}),
       io::make_array("words", {4, 3}, std::vector<int32_t>{0, 1, 2, 4, 3, 3, 2, 0, 4, 1, 1, 1}),
       io::make_array("label", {4}, std::vector<int32_t>{2, 0, 1, 3})});
  check_differences(training, /*samples=*/4, /*elements=*/10);
  const Step expected = training.step_of_interpreter(0);
  const Step step = training.step_of_c(0);
  CHECK(std::abs(step.loss - expected.loss) <= 1e-5 * expected.loss);
  check_updates(step.updates, expected.updates);
}

TEST_CASE("lora: the table of a single index takes an adapter as well") {
  Training training(
      "tdl 1\nuse std.nn\nnet N(token: class(5)) -> y: f32[3] {\n"
      "  return Embedding(token, 5, 3) as emb\n}\n"
      "train t of N {\n  target z: f32[3]\n  loss mse(y, z)\n  optimizer sgd(lr: 1.0)\n"
      "  batch 2\n  freeze **\n  lora emb rank 2\n}\n",
      "t",
      {io::make_array("emb.weight", {5, 3},
                      std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 3, 5, 7, 9, 2}),
       io::make_array("emb.lora_a", {2, 5},
                      std::vector<float>{0.5F, -1, 2, 1, 3, 1.5F, 2, -0.5F, 1, -2}),
       io::make_array("emb.lora_b", {3, 2}, std::vector<float>{1, 2, -1, 0.5F, 0.25F, -2})},
      {io::make_array("token", {2}, std::vector<int32_t>{3, 1}),
       io::make_array("z", {2, 3}, std::vector<float>{1, 0, 2, -1, 3, 1})});
  check_differences(training, /*samples=*/2, /*elements=*/6);
  const Step expected = training.step_of_interpreter(0);
  // 1 + 1 + 2 = 4, 3 - 1 + 0.5 = 2.5, 5 + 0.25 - 2 = 3.25 and 4 - 1 + 4 = 7, 5 + 1 + 1 = 7,
  // 6 - 0.25 - 4 = 1.75.
  const double first = (3 * 3 + 2.5 * 2.5 + 1.25 * 1.25) / 3;
  const double second = (8 * 8 + 4 * 4 + 0.75 * 0.75) / 3;
  CHECK(expected.loss == doctest::Approx((first + second) / 2));
  const Step step = training.step_of_c(0);
  CHECK(std::abs(step.loss - expected.loss) <= 1e-5 * expected.loss);
  check_updates(step.updates, expected.updates);
}

}  // namespace
}  // namespace tdc::test
