// The generated C, built and run on the host, against programs in JAX with 64-bit floats that share
// nothing with the compiler (tests/diff/README.md): losses of 20 steps and where they take weights
// or states, the updates of a first step, and for the small CCT every strategy and ten steps with
// accumulation.

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "driver/run.h"
#include "io/npz.h"
#include "unit/diff/training.h"
#include "unit/temporary_folder.h"

namespace tdc::test {
namespace {

const std::string kVectors = "tests/diff/vectors/";

/// The updates among the arrays of a file: those under `prefix`, by path.
Tensors arrays_below(const std::vector<io::Array>& arrays, const std::string& prefix) {
  Tensors result;
  for (const io::Array& array : arrays)
    if (array.name.starts_with(prefix))
      result[array.name.substr(prefix.size())] = elements_of(array);
  return result;
}

void check_losses(const std::vector<double>& losses, const io::Array* expected) {
  REQUIRE(expected != nullptr);
  const std::vector<double> reference = elements_of(*expected);
  REQUIRE(losses.size() == reference.size());
  for (size_t step = 0; step < losses.size(); ++step)
    CHECK(std::abs(losses[step] - reference[step]) <= 1e-5 * std::abs(reference[step]));
}

/// One step of `train` in `program` against the vectors called `expected`.
void check_first_step(const std::string& program, const std::string& train,
                      const std::string& weights, const std::string& expected) {
  Training training(with_rate_of_one("tests/diff/" + program + ".td"), train,
                    read_arrays(kVectors + weights + ".npz"),
                    read_arrays(kVectors + program + "_data.npz"));
  const std::vector<io::Array> arrays = read_arrays(kVectors + expected + ".npz");
  const Step step = training.step_of_c(0);
  check_updates(step.updates, arrays_below(arrays, "update/"));
  // What is recorded of a longer run begins with this step.
  REQUIRE(io::find_array(arrays, "loss") != nullptr);
  const double loss = elements_of(*io::find_array(arrays, "loss")).at(0);
  CHECK(std::abs(step.loss - loss) <= 1e-5 * std::abs(loss));
}

/// How running statistics moved in `after`, as the arrays `final/PATH` say; gives how many did.
size_t check_states(const std::vector<io::Array>& before, const std::vector<io::Array>& after,
                    const std::vector<io::Array>& expected) {
  size_t moved = 0;
  for (const auto& [path, elements] : arrays_below(expected, "final/")) {
    CAPTURE(path);
    const std::vector<double> from = elements_of(*io::find_array(before, path));
    const std::vector<double> way = difference(elements, from);
    const std::vector<double> error =
        difference(elements_of(*io::find_array(after, path)), elements);
    CHECK(norm(error) <= 1e-5 * norm(way));
    if (norm(way) > 0) ++moved;
  }
  return moved;
}

/// Runs steps of a program whose vectors are called `expected`; gives the weights and states behind
/// them.
std::vector<io::Array> check_run(const std::string& program, const std::string& train, int steps,
                                 const std::vector<io::Array>& expected) {
  const std::string tests = std::string(TDC_SOURCE_DIR) + "/tests/diff/";
  const TemporaryFolder folder;
  const driver::RunCommand command = {
      .compile = {.file = tests + program + ".td",
                  .train = train,
                  .weights = tests + "vectors/" + program + "_weights.npz"},
      .target = "host",
      .data = tests + "vectors/" + program + "_data.npz",
      .steps = steps,
      .save = folder / "after.npz",
      .losses = folder / "losses.csv"};
  REQUIRE(driver::run(command) == 0);
  std::ifstream csv(command.losses);
  std::string line;
  std::getline(csv, line);
  CHECK(line == "step,loss");
  std::vector<double> losses;
  while (std::getline(csv, line)) losses.push_back(std::stod(line.substr(line.find(',') + 1)));
  check_losses(losses, io::find_array(expected, "loss"));
  return io::read_npz(command.save).value().arrays;
}

TEST_CASE("20 steps agree with JAX: losses to 1e-5, and how far weights went") {
  for (const std::string program : {"mlp", "cnn", "series"}) {
    CAPTURE(program);
    const std::vector<io::Array> before = read_arrays(kVectors + program + "_weights.npz");
    const std::vector<io::Array> expected = read_arrays(kVectors + program + "_expected.npz");
    const std::vector<io::Array> after = check_run(program, "steps", 20, expected);
    Tensors ways, expected_ways;
    for (const auto& [path, elements] : arrays_below(expected, "final/")) {
      const std::vector<double> from = elements_of(*io::find_array(before, path));
      ways[path] = difference(elements_of(*io::find_array(after, path)), from);
      expected_ways[path] = difference(elements, from);
    }
    check_updates(ways, expected_ways);
  }
}

TEST_CASE("op-8: batch norms agree with JAX: losses, updates, and how running statistics move") {
  const std::vector<io::Array> before = read_arrays(kVectors + "norms_weights.npz");
  for (const auto& [train, steps] :
       {std::pair<std::string, int>{"steps", 20}, {"micro", 1}, {"frozen", 1}}) {
    CAPTURE(train);
    const std::string name = "norms_" + train + "_expected";
    const std::vector<io::Array> expected = read_arrays(kVectors + name + ".npz");
    const std::vector<io::Array> after = check_run("norms", train, steps, expected);
    CHECK(check_states(before, after, expected) == (train == "frozen" ? 4 : 6));
    check_first_step("norms", train == "steps" ? "update" : train, "norms_weights", name);
  }
}

TEST_CASE("op-10: dropouts agree with JAX, whose generator they use: losses, updates, and steps") {
  for (const auto& [train, steps] : {std::pair<std::string, int>{"steps", 20}, {"micro", 1}}) {
    CAPTURE(train);
    const std::string name = "drops_" + train + "_expected";
    const std::vector<io::Array> expected = read_arrays(kVectors + name + ".npz");
    const std::vector<io::Array> after = check_run("drops", train, steps, expected);
    for (const auto& [path, elements] : arrays_below(expected, "final/")) {
      CAPTURE(path);
      CHECK(elements_of(*io::find_array(after, path)) == elements);
    }
    check_first_step("drops", train == "steps" ? "update" : train, "drops_weights", name);
  }
}

TEST_CASE("updates of the first step agree with JAX") {
  for (const std::string program : {"mlp", "cnn", "series"}) {
    CAPTURE(program);
    check_first_step(program, "update", program + "_weights", program + "_expected");
  }
}

TEST_CASE("updates of a small CCT agree with JAX for every strategy") {
  for (const std::string strategy : {"lp", "ft1", "ft2", "lora1", "lora2", "full"}) {
    CAPTURE(strategy);
    const std::string weights =
        strategy.starts_with("lora") ? "cct_small_" + strategy + "_weights" : "cct_small_weights";
    check_first_step("cct_small", strategy, weights, "cct_small_" + strategy + "_expected");
  }
}

TEST_CASE(
    "updates of a norm's weight or bias alone, and of an adapter on the left, agree with JAX") {
  for (const std::string train : {"norm_weight", "norm_bias", "mix_adapter"}) {
    CAPTURE(train);
    check_first_step("parts", train, "parts_" + train + "_weights", "parts_" + train + "_expected");
  }
}

TEST_CASE("layers of the library agree with JAX") {
  for (const std::string program : {"picture", "sizes"}) {
    CAPTURE(program);
    check_first_step(program, "all", program + "_weights", program + "_expected");
  }
}

TEST_CASE(
    "masked and grouped attention, and losses that weigh or leave out classes, agree with JAX") {
  for (const std::string train : {"ignore", "weighted"}) {
    CAPTURE(train);
    check_first_step("tokens", train, "tokens_weights", "tokens_" + train + "_expected");
  }
}

TEST_CASE("depthwise convolutions with batch norms agree with JAX in the same way") {
  const std::vector<io::Array> expected = read_arrays(kVectors + "mobile_expected.npz");
  check_first_step("mobile", "update", "mobile_weights", "mobile_expected");
  CHECK(check_states(read_arrays(kVectors + "mobile_weights.npz"),
                     check_run("mobile", "steps", 20, expected), expected) == 18);
}

TEST_CASE("losses of the library agree with JAX, also where they bend and for large numbers") {
  for (const std::string loss : {"l1", "huber", "bce", "soft", "cosine", "smooth"}) {
    CAPTURE(loss);
    Training training(with_rate_of_one("tests/diff/losses.td"), loss,
                      read_arrays(kVectors + "losses_weights.npz"),
                      read_arrays(kVectors + "losses_data.npz"));
    const std::vector<io::Array> expected =
        read_arrays(kVectors + "losses_" + loss + "_expected.npz");
    std::vector<double> losses;
    for (const int first : {0, 4}) {
      CAPTURE(first);
      const Step step = training.step_of_c(first);
      losses.push_back(step.loss);
      check_updates(step.updates, arrays_below(expected, std::to_string(first) + "/update/"));
    }
    check_losses(losses, io::find_array(expected, "loss"));
  }
}

TEST_CASE("ten steps of a small CCT with adapters and accumulation agree with JAX") {
  Training training(with_rate_of_one("tests/diff/cct_small.td"), "lora2_steps",
                    read_arrays(kVectors + "cct_small_lora2_weights.npz"),
                    read_arrays(kVectors + "cct_small_data.npz"));
  const std::vector<io::Array> expected =
      read_arrays(kVectors + "cct_small_lora2_steps_expected.npz");
  std::vector<double> losses;
  for (int number = 0; number < 10; ++number) {
    CAPTURE(number);
    for (const auto& [path, elements] : arrays_below(expected, std::to_string(number) + "/before/"))
      training.set_weights(path, elements);
    const Step step = training.step_of_c(int64_t{4} * number);
    losses.push_back(step.loss);
    check_updates(step.updates, arrays_below(expected, std::to_string(number) + "/update/"));
  }
  check_losses(losses, io::find_array(expected, "loss"));
}

}  // namespace
}  // namespace tdc::test
