// The transformer in all five fine-tuning strategies, and trained whole: the generated C against
// the interpreter in double precision, and the interpreter's gradients against central differences
// of its own loss. That both compute the right net is the matter of tests/diff/compare_cct.py.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <regex>

#include "unit/diff/training.h"

namespace tdc::test {
namespace {

const char* const kStrategies[] = {"lp", "ft1", "ft2", "lora1", "lora2", "full"};

/// The net on 8x8 images, 16 wide, with the random weights of its vectors.
Training small(const std::string& strategy) {
  const std::string weights = strategy.starts_with("lora") ? strategy + "_weights" : "weights";
  return {with_rate_of_one("tests/diff/cct_small.td"), strategy,
          read_arrays("tests/diff/vectors/cct_small_" + weights + ".npz"),
          read_arrays("tests/diff/vectors/cct_small_data.npz")};
}

TEST_CASE("cct: gradients of the small net are central differences for every strategy") {
  for (const std::string strategy : kStrategies) {
    CAPTURE(strategy);
    check_differences(small(strategy), /*samples=*/1, /*elements=*/10);
  }
}

// The rest takes minutes in a sanitized build, and reaches no code that the above does not.
#ifndef TDC_SANITIZED

/// The shipped weights, with random adapters for what the strategy adapts: no factor zero, B small
/// as after some training.
std::vector<io::Array> shipped_weights(const std::string& strategy) {
  std::vector<io::Array> weights = read_arrays("examples/cct/pretrained.safetensors");
  if (!strategy.starts_with("lora")) return weights;
  std::mt19937_64 random(5);
  const auto add = [&](const std::string& name, int64_t rows, int64_t columns, float deviation) {
    std::normal_distribution<float> normal(0.0F, deviation);
    std::vector<float> elements(static_cast<size_t>(rows * columns));
    for (float& element : elements) element = normal(random);
    weights.push_back(io::make_array(name, {rows, columns}, elements));
  };
  for (const char* block : {"0", "1"}) {
    if (strategy == "lora1" && *block == '0') continue;
    for (const char* matrix : {"attn.q", "attn.k", "attn.v", "attn.proj", "mlp.fc1", "mlp.fc2"}) {
      const std::string path = std::string("blocks.") + block + "." + matrix;
      add(path + ".lora_a", 4, 128, 0.1F);
      add(path + ".lora_b", 128, 4, 0.01F);
    }
  }
  return weights;
}

/// The net of examples/cct with the shipped weights; `full` with a smaller batch.
Training full_size(const std::string& strategy) {
  const std::string text = std::regex_replace(with_rate_of_one("examples/cct/cct.td"),
                                              std::regex("\n  batch +8"), "\n  batch 2");
  return {text, strategy, shipped_weights(strategy), read_arrays("examples/cct/shifted_train.npz")};
}

/// Of the first images that with the largest loss. Of one that the net is sure of, the gradient is
/// what rounding leaves of 1 - p.
int64_t hard_sample(const Training& training) {
  int64_t hardest = 0;
  double largest = 0;
  for (int64_t sample = 0; sample < 10; ++sample) {
    const double loss = training.loss_of_interpreter(sample, "head.bias", 0, 0);
    if (loss > largest) hardest = sample;
    largest = std::max(largest, loss);
  }
  return hardest;
}

TEST_CASE("cct: generated C gives the interpreter's loss and updates for every strategy") {
  for (const std::string strategy : kStrategies) {
    CAPTURE(strategy);
    Training training = full_size(strategy);
    const int64_t first = hard_sample(training);
    const Step expected = training.step_of_interpreter(first);
    const Step step = training.step_of_c(first);
    CHECK(std::abs(step.loss - expected.loss) <= 1e-5 * expected.loss);
    check_updates(step.updates, expected.updates);
  }
}

TEST_CASE("cct: gradients of the full-sized net are central differences") {
  check_differences(full_size("lora2"), /*samples=*/1, /*elements=*/2);
  check_differences(full_size("full"), /*samples=*/2, /*elements=*/1);
}

#endif

}  // namespace
}  // namespace tdc::test
