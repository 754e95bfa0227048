// What the files of a project say beside the model's code.

#include "emit/emit_project.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "unit/emit/compiled.h"

namespace tdc::emit {
namespace {

using test::compile;

std::string text_of(const driver::Compilation& compilation, const std::string& path) {
  for (const OutputFile& file : compilation.files)
    if (file.path == path) return file.text;
  FAIL(path);
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("project: the linker is told what the plan counted, all levels together") {
  const driver::Compilation compilation = compile(
      "tdl 1\n"
      "chip board {\n  cores 1\n  platform \"qemu_user\"\n"
      "  memory RAM, size: 256 KiB, code: 48 KiB, stack: 8 KiB\n  memory ROM, size: 64 KiB\n"
      "  tensors RAM\n  constants ROM\n  image ROM\n}\n"
      "net N(x: f32[20]) -> y: f32[20] {\n  param w: f32[20] = ones\n  return exp(x) * w\n}\n"
      "train t of N {\n  loss sum(y)\n  optimizer sgd(lr: 0.1)\n}\n"
      "deploy d on board {}\n");
  const std::string makefile = text_of(compilation, "Makefile");
  Bytes memory, constants;
  for (const memory::LevelPlan& level : compilation.plan.levels) {
    const Bytes read_only = level.beside.constants + level.beside.frozen + level.beside.image;
    constants += read_only;
    memory += level.need() - level.beside.code - level.beside.stacks - read_only;
  }
  CHECK(memory.count >= 3 * 80);  // x, y and w at least
  CHECK(contains(makefile, fmt::format("=td_memory_bytes={}\n", memory.count)));
  CHECK(contains(makefile, fmt::format("=td_constant_bytes={} ", constants.count)));
  CHECK(contains(makefile, fmt::format("=td_code_bytes={} ", 48 * 1024)));
  CHECK(contains(makefile, fmt::format("=td_stack_bytes={} ", 8 * 1024)));
}

TEST_CASE("data-3: the header has a function for each input of floats, wherever it stands") {
  const std::string header =
      text_of(compile("tdl 1\nuse std.nn\n"
                      "net N(word: class(4), x: f32[3], v: f32[3]) -> y: f32[3] {\n"
                      "  return Embedding(word, 4, 3) + x + v\n}\n"
                      "data d for N {\n  train npz(\"n.npz\")\n  mean 0.5 as x\n}\n"),
              "include/tdc/n.h");
  CHECK(!contains(header, "n_scale_word"));
  CHECK(contains(header, "n_scale_x(const uint8_t* bytes, float* input)"));
  CHECK(contains(header, "n_scale_v(const uint8_t* bytes, float* input)"));
}

TEST_CASE("generated C: every pointer of a function is looked at before anything is done") {
  const std::string source =
      text_of(compile("tdl 1\nuse std.nn\n"
                      "net N(x: f32[3]) -> y: f32[4] {\n  return x |> Linear(4) as out\n}\n"
                      "train t of N {\n  target label: class(4)\n  loss cross_entropy(y, label)\n"
                      "  metric accuracy(y, label)\n  metric cross_entropy(y, label)\n"
                      "  optimizer sgd(lr: 0.1)\n}\n"),
              "n.c");
  const auto refuses = [&](const std::string& nulls) {
    return contains(source, fmt::format("  if ({}) return N_NULL_POINTER;\n", nulls));
  };
  CHECK(refuses("x_in == 0 || y_out == 0"));
  CHECK(refuses("x_in == 0 || label_in == 0 || loss == 0"));  // beside them the learning rate
  CHECK(refuses("x_in == 0 || label_in == 0 || loss == 0 || metrics == 0"));
}

}  // namespace
}  // namespace tdc::emit
