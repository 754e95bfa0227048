#include "driver/fold_norms.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "../check/check_source.h"
#include "../temporary_folder.h"
#include "driver/initial_values.h"
#include "driver/weights.h"
#include "io/load.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

/// A net of three channels with `body`, which ends in `y: f32[3, 4, 5]`.
std::string program(const std::string& body) {
  return fmt::format(
      "tdl 1\n\nuse std.nn\n\nnet N(x: f32[2, 4, 5]) -> y: f32[3, 4, 5] {{\n{}}}\n\ntrain t of N "
      "{{\n"
      "  target t: f32[3, 4, 5]\n  loss mse(y, t)\n  optimizer sgd(lr: 0.1)\n  batch 2\n}}\n",
      body);
}

/// What becomes of the norms: `NORM into WEIGHT`, or `NORM kept: REASON`, one per line.
std::string norms_in(const std::string& body) {
  const check::Checked checked = check::check_source(program(body), {.train = "t"});
  REQUIRE_MESSAGE(checked.program.has_value(), checked.messages());
  const ir::Module& module = checked.program->module;
  const NormsOfNet norms = norms_of(module);
  std::string text;
  for (const FoldableNorm& norm : norms.foldable) {
    text += fmt::format("{} into {}", norm.path, module.variables[norm.layer_weight].path);
    if (norm.layer_bias) text += " and " + module.variables[*norm.layer_bias].path;
    text += "\n";
  }
  for (const KeptNorm& norm : norms.kept) text += norm.path + " kept: " + norm.reason + "\n";
  return text;
}

constexpr const char* kNoLayer =
    " kept: what it norms is no convolution or product with a parameter, or one of them is read "
    "elsewhere, too\n";

TEST_CASE("weights fold: norms behind layers, with and without a bias, in training or not") {
  CHECK(norms_in("  return Conv2d(x, 3, kernel: 1) as conv |> BatchNorm2d as norm\n") ==
        "norm into conv.weight and conv.bias\n");
  CHECK(norms_in("  return Conv2d(x, 3, kernel: 1, bias: false) as conv\n"
                 "    |> BatchNorm2d(statistics: \"running\") as norm\n") ==
        "norm into conv.weight\n");
  CHECK(norms_in("  y = Conv2d(x, 3, kernel: 1) as a |> BatchNorm2d as norm_a\n"
                 "  return Conv2d(relu(y), 3, kernel: 1) as b |> BatchNorm2d as norm_b\n") ==
        "norm_a into a.weight and a.bias\nnorm_b into b.weight and b.bias\n");
}

TEST_CASE("weights fold: a norm stays where what it needs is somebody else's, too") {
  // Behind a bend, and before any layer.
  CHECK(norms_in("  return relu(Conv2d(x, 3, kernel: 1) as conv) |> BatchNorm2d as norm\n") ==
        std::string("norm") + kNoLayer);
  CHECK(norms_in("  return Conv2d(BatchNorm2d(x) as norm, 3, kernel: 1) as conv\n") ==
        std::string("norm") + kNoLayer);
  // The layer's result is read once more, before or behind its bias.
  CHECK(norms_in("  y = Conv2d(x, 3, kernel: 1) as conv\n  return y + BatchNorm2d(y) as norm\n") ==
        std::string("norm") + kNoLayer);
  // What is added is a parameter, but none of channels.
  CHECK(norms_in(
            "  param p: f32[5] = ones\n"
            "  return Conv2d(x, 3, kernel: 1, bias: false) as conv + p |> BatchNorm2d as norm\n") ==
        std::string("norm") + kNoLayer);
  // The weight is used twice.
  CHECK(norms_in("  param w: f32[3, 2, 1, 1] = ones\n"
                 "  y = BatchNorm2d(conv2d(x, w)) as norm\n  return y + conv2d(x, w)\n") ==
        std::string("norm") + kNoLayer);
}

TEST_CASE("weights fold: norms that share parameters stay") {
  constexpr const char* kShared =
      "  param g: f32[3] = ones\n  param b: f32[3] = zeros\n  state m: f32[3] = zeros\n"
      "  state v: f32[3] = ones\n  y = reshape(Conv2d(x, 3, kernel: 1) as one, [3, 20])\n";
  CHECK(
      norms_in(std::string(kShared) +
               "  z = reshape(Conv2d(x, 3, kernel: 1) as two, [3, 20])\n"
               "  return reshape(channel_norm(y, m, v, g, b) + channel_norm(z, m, v, g, b), [3, 4, "
               "5])\n") ==
      "g kept: another norm shares its parameters or states\n"
      "g kept: another norm shares its parameters or states\n");
  CHECK(
      norms_in(std::string(kShared) +
               "  return reshape(channel_norm(y, m, v, g, b) * reshape(g, [3, 1]), [3, 4, 5])\n") ==
      "g kept: its weight or bias is read elsewhere, too\n");
  CHECK(norms_in(std::string(kShared) +
                 "  return reshape(channel_norm(y, m, v * v, g, b), [3, 4, 5])\n") ==
        "g kept: its statistics are no states\n");
  CHECK(norms_in(std::string(kShared) +
                 "  return reshape(channel_norm(y, m, v, g * g, b), [3, 4, 5])\n") ==
        "channel_norm kept: its weight and bias are no parameters\n");
}

TEST_CASE("weights fold: (w s) x + bias + (b - mean) s, rounded once") {
  const check::Checked checked = check::check_source(
      program("  return Conv2d(x, 3, kernel: 1) as conv |> BatchNorm2d(eps: 0.25) as norm\n"),
      {.train = "t"});
  REQUIRE(checked.program.has_value());
  const ir::Module& module = checked.program->module;
  const auto array = [](const char* name, std::vector<int64_t> dims, std::vector<float> elements) {
    return io::make_array(name, std::move(dims), elements);
  };
  // Roots of variance + eps: 1, 2, 1.5.
  const std::vector<io::Array> arrays = {
      array("conv.weight", {3, 2, 1, 1}, {1, 2, 3, 4, 5, 6}),
      array("conv.bias", {3}, {0.5, -1, 2}),
      array("norm.weight", {3}, {2, 1, -3}),
      array("norm.bias", {3}, {10, 20, 30}),
      array("norm.running_mean", {3}, {1, -3, 0.5}),
      array("norm.running_var", {3}, {0.75, 3.75, 2}),
  };
  const NormsOfNet norms = norms_of(module);
  REQUIRE(norms.foldable.size() == 1);
  const std::vector<io::Array> folded = fold_norms(module, norms.foldable, arrays);
  const std::vector<io::Array> expected = {
      array("conv.weight", {3, 2, 1, 1}, {2, 4, 1.5, 2, -10, -12}),
      array("conv.bias", {3}, {0, 0, 0}),
      array("norm.bias", {3}, {9, 21, 27}),
  };
  CHECK(weights_differences({.arrays = folded, .unread = {}}, {.arrays = expected, .unread = {}})
            .empty());
}

TEST_CASE("weights fold: the command says what it did, and writes nothing where there is nothing") {
  const TemporaryFolder folder;
  const auto fold = [&](const std::string& body, const std::string& train_lines) {
    std::string text = program(body);
    text.insert(text.rfind('}'), train_lines);
    REQUIRE(write_file_atomically(folder / "n.td", text).ok());
    check::Checked checked = check::check_source(text, {.train = "t"});
    REQUIRE_MESSAGE(checked.program.has_value(), checked.messages());
    const auto values = make_initial_values(checked.program->module.variables, *checked.program, {},
                                            "n.td", checked.diagnostics);
    std::vector<io::Array> arrays;
    for (const ir::VariableId id : checked.program->module.variables.ids()) {
      const ir::Variable& variable = checked.program->module.variables[id];
      arrays.push_back(io::make_array(variable.path, variable.type.dims, (*values)[id]));
    }
    REQUIRE(io::save_weights(folder / "w.npz", arrays).ok());
    std::filesystem::remove(folder / "f.npz");
    return fold_weights({.compile = {.file = folder / "n.td", .weights = folder / "w.npz"},
                         .save = folder / "f.npz"});
  };
  constexpr const char* kNormed =
      "  return Conv2d(x, 3, kernel: 1) as conv |> BatchNorm2d as norm\n";
  CHECK(fold(kNormed, "") == 0);
  CHECK(std::filesystem::exists(folder / "f.npz"));
  CHECK(fold("  return Conv2d(x, 3, kernel: 1) as conv\n", "") == 1);
  CHECK_FALSE(std::filesystem::exists(folder / "f.npz"));
  CHECK(fold(kNormed, "  freeze **\n  lora conv rank 1\n") == 1);
  CHECK_FALSE(std::filesystem::exists(folder / "f.npz"));
}

TEST_CASE("weights fold: weights that are not folded draw a hint where norms are") {
  const TemporaryFolder folder;
  const std::vector<float> three(3);
  const auto messages = [&](const char* more) {
    const std::vector<io::Array> arrays = {
        io::make_array("conv.weight", {3, 2, 1, 1}, std::vector<float>(6)),
        io::make_array("conv.bias", {3}, three), io::make_array("norm.bias", {3}, three),
        io::make_array(more, {3}, three)};
    REQUIRE(io::save_weights(folder / "w.npz", arrays).ok());
    check::Checked checked =
        check::check_source(program("  return Conv2d(x, 3, kernel: 1) as conv\n"
                                    "    |> BatchNorm2d(statistics: \"folded\") as norm\n"),
                            {.train = "t"});
    REQUIRE_MESSAGE(checked.program.has_value(), checked.messages());
    CHECK(make_initial_values(checked.program->module.variables, *checked.program,
                              {.weights = folder / "w.npz"}, "n.td", checked.diagnostics)
              .has_value());
    return checked.messages();
  };
  const std::string spare = messages("other.running_mean");
  CHECK(spare.find("[weights-unused]") != std::string::npos);
  CHECK(spare.find("tdc weights fold") == std::string::npos);
  CHECK(messages("norm.running_mean").find("tdc weights fold") != std::string::npos);
}

}  // namespace
}  // namespace tdc::driver
