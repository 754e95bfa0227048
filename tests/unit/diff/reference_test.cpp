// The generated C, built and run on the host, against programs in JAX with 64-bit floats that share
// nothing with the compiler (tests/diff/README.md): losses of 20 steps, the updates of a first
// step, and for the small CCT every strategy. The rule for updates is that of
// tests/diff/update_rule.py.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "../temporary_folder.h"
#include "driver/run.h"
#include "io/npz.h"

namespace tdc {
namespace {

const std::string kFolder = std::string(TDC_SOURCE_DIR) + "/tests/diff/";

std::vector<io::Array> read(const std::string& path) {
  Result<std::vector<io::Array>> arrays = io::read_npz(path);
  REQUIRE_MESSAGE(arrays.ok(), path);
  return std::move(arrays.value());
}

std::vector<double> elements(const io::Array& array) {
  if (array.type == io::ElementType::kF64) {
    const auto view = array.view<double>();
    return {view.begin(), view.end()};
  }
  const std::vector<float> values = io::to_f32(array);
  return {values.begin(), values.end()};
}

double norm(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  std::vector<double> result(a.size());
  for (size_t i = 0; i < a.size(); ++i) result[i] = a[i] - b[i];
  return result;
}

struct Training {
  std::string program;  // `mlp` for tests/diff/mlp.td
  std::string train;
  std::string weights;
  int64_t steps = 1;
};

/// Trains on the host; gives the weights by path and fills `losses`.
std::map<std::string, std::vector<double>> train(const Training& training,
                                                 std::vector<double>& losses) {
  const TemporaryFolder folder;
  const driver::RunCommand command = {
      .compile = {.file = kFolder + training.program + ".td",
                  .train = training.train,
                  .weights = kFolder + "vectors/" + training.weights + ".npz"},
      .target = "host",
      .data = kFolder + "vectors/" + training.program + "_data.npz",
      .steps = training.steps,
      .save = folder / "saved.npz",
      .losses = folder / "losses.csv"};
  REQUIRE(driver::run(command) == 0);
  std::ifstream csv(command.losses);
  std::string line;
  std::getline(csv, line);
  CHECK(line == "step,loss");
  losses.clear();
  while (std::getline(csv, line)) losses.push_back(std::stod(line.substr(line.find(',') + 1)));
  std::map<std::string, std::vector<double>> weights;
  for (const io::Array& array : read(command.save)) weights[array.name] = elements(array);
  return weights;
}

/// Every expected update, and that nothing else moved.
void check_updates(const Training& training, const std::string& expected_file) {
  std::vector<double> losses;
  const std::map<std::string, std::vector<double>> after = train(training, losses);
  std::map<std::string, std::vector<double>> before;
  for (const io::Array& array : read(kFolder + "vectors/" + training.weights + ".npz"))
    before[array.name] = elements(array);
  std::map<std::string, std::vector<double>> expected;
  double largest = 0;
  for (const io::Array& array : read(kFolder + "vectors/" + expected_file + ".npz")) {
    if (!array.name.starts_with("update/")) continue;
    expected[array.name.substr(7)] = elements(array);
    largest = std::max(largest, norm(elements(array)));
  }
  REQUIRE(!expected.empty());
  for (const auto& [path, values] : after) {
    CAPTURE(path);
    const std::vector<double> moved = difference(values, before.at(path));
    const auto found = expected.find(path);
    if (found == expected.end()) {
      CHECK_MESSAGE(norm(moved) == 0, "a frozen tensor moved");
      continue;
    }
    const double error = norm(difference(moved, found->second));
    CHECK(error <= 1e-4 * norm(found->second) + 1e-7 * largest);
    expected.erase(found);
  }
  CHECK_MESSAGE(expected.empty(), "tensors without an update");
}

TEST_CASE("losses of 20 steps agree with JAX to 1e-5") {
  for (const std::string program : {"mlp", "cnn"}) {
    CAPTURE(program);
    std::vector<double> losses;
    train({.program = program, .train = "steps", .weights = program + "_weights", .steps = 20},
          losses);
    const std::vector<io::Array> expected = read(kFolder + "vectors/" + program + "_expected.npz");
    const std::vector<double> reference = elements(*io::find_array(expected, "loss"));
    REQUIRE(losses.size() == reference.size());
    for (size_t step = 0; step < losses.size(); ++step)
      CHECK(std::abs(losses[step] - reference[step]) <= 1e-5 * std::abs(reference[step]));
  }
}

TEST_CASE("updates of the first step agree with JAX") {
  for (const std::string program : {"mlp", "cnn"}) {
    CAPTURE(program);
    check_updates({.program = program, .train = "update", .weights = program + "_weights"},
                  program + "_expected");
  }
}

TEST_CASE("updates of a small CCT agree with JAX for every strategy") {
  for (const std::string strategy : {"lp", "ft1", "ft2", "lora1", "lora2"}) {
    CAPTURE(strategy);
    const bool has_adapters = strategy.starts_with("lora");
    check_updates(
        {.program = "cct_small",
         .train = strategy,
         .weights = has_adapters ? "cct_small_" + strategy + "_weights" : "cct_small_weights"},
        "cct_small_" + strategy + "_expected");
  }
}

}  // namespace
}  // namespace tdc
