// Arena painting of compiled programs, with the C kernels: one `train` block of every example, in
// full size, another one with every commit (TDC_TURN), every block of the programs of tests/diff,
// and the example of every op. Sanitized builds, which take five times as long, paint one example
// and one block of each other file.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "arena_painting.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "support/files.h"
#include "unit/kernels/library.h"
#include "unit/own_programs.h"

namespace tdc::memory {
namespace {

const std::filesystem::path kRoot = TDC_SOURCE_DIR;

enum class Blocks : uint8_t { all, one };

/// Paints the program under each of its `train` blocks, or under one of those that fit its chip.
/// Gives the number of those that can be compiled: an op's example may take from the sample what
/// must not depend on it.
int paint(const std::filesystem::path& path, Blocks blocks, const std::string& deploy = "") {
  static const kernels::Library library;
  Result<std::string> text = read_file(path.string());
  REQUIRE(text.ok());
  int painted = 0;
  std::vector<std::string> trains = test::trains_of(text.value());
  const size_t first = test::turn() % trains.size();
  std::rotate(trains.begin(), trains.begin() + static_cast<ptrdiff_t>(first), trains.end());
#ifdef TDC_SANITIZED
  blocks = Blocks::one;
#endif
  for (const std::string& train : trains) {
    SourceFiles files;
    const FileId file = files.add(path.string(), text.value());
    Diagnostics diagnostics;
    driver::Dump none;
    const std::optional<driver::Planned> planned =
        driver::plan_program(files, file, {.train = train, .deploy = deploy},
                             driver::DefaultDeploy::first_of_file, diagnostics, none);
    INFO(path.string(), ", train `", train, "`\n", render(diagnostics, files));
    if (diagnostics.has_errors() && diagnostics.all().front().code == "operand-depends-on-sample")
      continue;
    REQUIRE(planned.has_value());
    if (blocks == Blocks::one && planned->not_fit) continue;
    CHECK(test::paint_arenas(planned->schedule, planned->plan, 1, &library) ==
          std::vector<std::string>{});
    ++painted;
    if (blocks == Blocks::one) break;
  }
  return painted;
}

TEST_CASE("compiled examples stay in their memory, use it all and need nothing else") {
  std::vector<std::filesystem::path> examples = test::programs_in("examples");
  REQUIRE(examples.size() >= 6);
#ifdef TDC_SANITIZED
  examples = {examples.at(test::turn() % examples.size())};
#endif
  int painted = 0;
  for (const std::filesystem::path& program : examples) painted += paint(program, Blocks::one);
  CHECK(painted == std::ssize(examples));
  paint(kRoot / "examples/mlp_digits/mlp_digits.td", Blocks::one, "mcu");
}

TEST_CASE("the same for the programs that are compared with JAX") {
  for (const std::filesystem::path& program : test::programs_in("tests/diff"))
    paint(program, Blocks::all);
}

TEST_CASE("the same for the example of every op") {
  int painted = 0;
  for (const std::filesystem::path& program : test::programs_in("tests/ops"))
    painted += paint(program, Blocks::all);
  CHECK(painted >= 24);
}

}  // namespace
}  // namespace tdc::memory
