#include "ir/initialize.h"

#include <doctest/doctest.h>

#include <cmath>

namespace tdc::ir {
namespace {

// FNV-1a of "a", from the authors' test vectors, and the first two outputs of SplitMix64 seeded
// with 0, from the reference implementation.
constexpr uint64_t kFnvOfA = 0xAF63DC4C8601EC8C;
constexpr uint64_t kSplitMixFirst = 0xE220A8397B1DCDAF;
constexpr uint64_t kSplitMixSecond = 0x6E789E6AA1B965F4;
constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;

Variable variable(Initializer init, Dims dims) {
  return {.path = "a", .type = {.dims = std::move(dims)}, .init = init};
}

TEST_CASE("random bits are SplitMix64's where the key is 0") {
  const uint64_t seed = 0 - kGolden * kFnvOfA;
  CHECK(random_bits(seed, "a", 0) == kSplitMixFirst);
  CHECK(random_bits(seed, "a", 1) == kSplitMixSecond);
}

TEST_CASE("seed, path and index all matter") {
  CHECK(random_bits(1, "a", 0) != random_bits(2, "a", 0));
  CHECK(random_bits(1, "a", 0) != random_bits(1, "b", 0));
  CHECK(random_bits(1, "a", 0) != random_bits(1, "a", 1));
}

TEST_CASE("every character of a path matters") {
  const std::string path = "blocks.11.attention.projection.weight";
  for (size_t i = 0; i < path.size(); ++i) {
    std::string other = path;
    other[i] = other[i] == 'x' ? 'y' : 'x';
    CHECK(random_bits(1, path, 0) != random_bits(1, other, 0));
    CHECK(random_bits(1, path, 0) != random_bits(1, path.substr(0, i), 0));
  }
}

TEST_CASE("a constant fills the variable") {
  CHECK(initial_values(variable({Initializer::Kind::constant, 0.25}, {2, 3}), 7) ==
        std::vector<float>(6, 0.25f));
}

TEST_CASE("uniform values keep their bound and their moments") {
  const std::vector<float> values =
      initial_values(variable({Initializer::Kind::uniform, 0.5}, {200, 500}), 3);
  double sum = 0, squares = 0;
  for (const float value : values) {
    CHECK_FALSE(std::abs(value) > 0.5f);
    sum += value;
    squares += double{value} * value;
  }
  const double count = static_cast<double>(values.size());
  CHECK(std::abs(sum / count) < 0.003);
  CHECK(squares / count == doctest::Approx(0.25 / 3).epsilon(0.01));
}

TEST_CASE("normal values are quantiles of their draws") {
  const std::vector<float> values =
      initial_values(variable({Initializer::Kind::normal, 1.0}, {2000}), 5);
  for (size_t i = 0; i < values.size(); ++i) {
    const double drawn =
        (static_cast<double>(random_bits(5, "a", i) >> 32) + 0.5) * std::pow(2.0, -32);
    const double below = 0.5 * std::erfc(-double{values[i]} / std::sqrt(2.0));
    // One fp32 rounding of the value, and 1.2e-9 of the approximation.
    CHECK(std::abs(below - drawn) < 1e-7);
  }
}

}  // namespace
}  // namespace tdc::ir
