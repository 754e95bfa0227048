#include "driver/trace.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "driver/pipeline.h"

namespace tdc::driver {
namespace {

const std::string kProgram = R"(tdl 1

use std.nn

net Small(x: f32[2]) -> logits: f32[3] {
  x = 2 * x
  return x |> Linear(3) as fc
}

train plain of Small {
  target     label: class(3)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.5)
  batch      2
}
)";

std::vector<io::Array> trace(const std::string& program, std::span<const std::byte> input,
                             emit::InitialValues& initial_values) {
  SourceFiles files;
  Diagnostics diagnostics;
  Dump no_dump;
  const FileId file = files.add("small.td", program);
  const auto compilation = compile(files, file, {}, DefaultDeploy::host, diagnostics, no_dump);
  REQUIRE(compilation.has_value());
  initial_values = compilation->initial_values;
  return trace_values(*compilation, input);
}

TEST_CASE("trace: every named value of a step, as computed by hand") {
  const std::vector<float> x = {0.5F, -1.0F, 0.25F, 2.0F};
  const std::vector<int32_t> label = {2, 0};
  std::vector<std::byte> input;
  for (const auto bytes : {std::as_bytes(std::span(x)), std::as_bytes(std::span(label))})
    input.insert(input.end(), bytes.begin(), bytes.end());
  emit::InitialValues initial;
  const std::vector<io::Array> values = trace(kProgram, input, initial);
  REQUIRE(initial.size() == 2);  // fc.weight, fc.bias
  const std::vector<float>& weight = *initial.begin();
  const std::vector<float>& bias = *std::next(initial.begin());

  double mean_loss = 0;
  std::vector<double> logits;
  std::vector<double> weight_gradient(6, 0.0);
  std::vector<double> bias_gradient(3, 0.0);
  for (size_t sample = 0; sample < 2; ++sample) {
    std::vector<double> exponentials;
    for (size_t row = 0; row < 3; ++row) {
      double y = static_cast<double>(bias[row]);
      for (size_t column = 0; column < 2; ++column)
        y += static_cast<double>(weight[row * 2 + column]) * 2.0 *
             static_cast<double>(x[sample * 2 + column]);
      logits.push_back(y);
      exponentials.push_back(std::exp(y));
    }
    const double total = exponentials[0] + exponentials[1] + exponentials[2];
    const auto target = static_cast<size_t>(label[sample]);
    mean_loss -= std::log(exponentials[target] / total) / 2;
    for (size_t row = 0; row < 3; ++row) {
      const double error = exponentials[row] / total - (row == target ? 1.0 : 0.0);
      bias_gradient[row] += error;
      for (size_t column = 0; column < 2; ++column)
        weight_gradient[row * 2 + column] +=
            error * 2.0 * static_cast<double>(x[sample * 2 + column]);
    }
  }

  std::vector<std::string> names;
  for (const io::Array& array : values) names.push_back(array.name);
  for (const char* name : {"x", "label", "x#2", "fc.weight", "fc.bias", "fc", "loss",
                           "gradient(fc.weight)", "gradient(fc.bias)"})
    CHECK_MESSAGE(std::count(names.begin(), names.end(), name) == 1, name);
  CHECK(std::count(names.begin(), names.end(), "learning rate") == 0);
  CHECK(std::count(names.begin(), names.end(), "fc.weight#2") == 0);  // the updated one

  const auto check = [&](const char* name, const std::vector<int64_t>& dims,
                         const std::vector<double>& expected) {
    const io::Array* array = io::find_array(values, name);
    REQUIRE_MESSAGE(array != nullptr, name);
    CHECK(array->dims == dims);
    const std::vector<double> elements = io::to_f64(*array);
    REQUIRE(elements.size() == expected.size());
    for (size_t i = 0; i < elements.size(); ++i) CHECK(std::abs(elements[i] - expected[i]) <= 1e-6);
  };
  CHECK(io::find_array(values, "x")->view<float>()[3] == 2.0F);
  CHECK(io::find_array(values, "x#2")->view<float>()[3] == 4.0F);
  CHECK(io::find_array(values, "label")->view<int32_t>()[0] == 2);
  check("fc.weight", {3, 2}, {weight.begin(), weight.end()});
  check("fc", {2, 3}, logits);
  check("loss", {}, {mean_loss});
  check("gradient(fc.weight)", {3, 2}, weight_gradient);
  check("gradient(fc.bias)", {3}, bias_gradient);

  // Accumulation changes when updates happen, not what the first micro-batch gives.
  std::string accumulating = kProgram;
  accumulating.replace(accumulating.rfind('}'), 1, "  accumulate 3\n}");
  emit::InitialValues same;
  const std::vector<io::Array> again = trace(accumulating, input, same);
  CHECK(*io::find_array(again, "gradient(fc.weight)") ==
        *io::find_array(values, "gradient(fc.weight)"));
}

}  // namespace
}  // namespace tdc::driver
