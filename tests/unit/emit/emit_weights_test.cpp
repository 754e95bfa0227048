#include "emit/emit_weights.h"

#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "emit/c_names.h"
#include "runner/child_process.h"
#include "support/files.h"
#include "unit/emit/compiled.h"
#include "unit/temporary_folder.h"

namespace tdc::emit {
namespace {

using test::compile;

/// Odd numbers of elements, frozen and trained, and one variable without an image.
constexpr const char* kText =
    "tdl 1\nuse std.nn\nnet N(x: f32[3]) -> y: f32[5] {\n  param c: f32[5] = zeros\n"
    "  h = Linear(x, 7) as first\n  h = Linear(h, 5) as second\n  return h + c\n}\n"
    "train t of N {\n  loss mean(y, axis: 0)\n  optimizer sgd(lr: 0.1)\n  freeze first.**\n}\n";

void run(const std::vector<std::string>& command) {
  const Result<runner::Exit> exit = runner::run_to_end(command, [] { return false; });
  REQUIRE(exit.ok());
  REQUIRE_MESSAGE(exit.value().is_success(), exit.value().errors);
}

TEST_CASE("weights: assemblers make an aligned array of each, in its section, with its elements") {
  const driver::Compilation compilation = compile(kText);
  const TemporaryFolder folder;
  REQUIRE(write_output_folder(folder / "project", compilation.files).ok());
  // A macro of GNU C is no macro in the name of a section.
  interface::Interface interface = compilation.interface;
  for (const LevelId level : interface.chip.levels.ids())
    interface.chip.levels[level].name = "linux";
  const SourceFiles files;  // weights have no places
  const Model model = {.interface = interface,
                       .schedule = compilation.schedule,
                       .plan = compilation.plan,
                       .initial_values = compilation.initial_values,
                       .files = files};
  REQUIRE(write_file_atomically(folder / "weights.S", emit_weights(model)).ok());
  for (const char* compiler : {"gcc", "clang-19"}) {
    const std::string object = folder / fmt::format("{}.o", compiler);
    const std::string library = folder / fmt::format("{}.so", compiler);
    run({compiler, "-Werror", "-fPIC", "-c", "-I", folder / "project/include", folder / "weights.S",
         "-o", object});
    CHECK(read_file(object).value().find(".rodata.td.linux") != std::string::npos);
    run({compiler, "-shared", object, "-o", library});
    void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE_MESSAGE(handle != nullptr, dlerror());
    int images = 0;
    for (const ir::VariableId id : compilation.schedule.variables.ids()) {
      const auto* array = static_cast<const float*>(dlsym(handle, image_name(model, id).c_str()));
      CHECK((array != nullptr) == has_image(model, id));
      if (array == nullptr) continue;
      ++images;
      const std::vector<float>& expected = compilation.initial_values[id];
      CHECK(reinterpret_cast<uintptr_t>(array) % 16 == 0);
      CHECK(std::equal(expected.begin(), expected.end(), array));
    }
    CHECK(images == 4);
    dlclose(handle);
  }
}

}  // namespace
}  // namespace tdc::emit
