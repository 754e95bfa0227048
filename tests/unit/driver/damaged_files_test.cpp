// Damaged files through the whole compiler, from parsing to the finished C: each is either compiled
// or answered with messages, in bounded time. The sanitizers watch in the build `asan`.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <random>
#include <stdexcept>

#include "../mutate.h"
#include "../own_programs.h"
#include "../survey.h"
#include "../temporary_folder.h"
#include "diag/render.h"
#include "driver/commands.h"
#include "driver/pipeline.h"
#include "support/check.h"
#include "support/files.h"
#include "syntax/parse.h"

namespace tdc::driver {
namespace {

/// What had the last word about a file.
enum Verdict : size_t { kParse, kCheck, kDifferentiate, kMemory, kCompiled, kVerdicts };

std::string read_example(const std::string& path) {
  Result<std::string> text = read_file(std::string(TDC_SOURCE_DIR) + "/examples/" + path);
  REQUIRE(text.ok());
  return text.value();
}

/// A damaged version of a program: each fifth by bytes, the others by words.
std::string damage(const std::string& text, int64_t seed) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  return seed % 5 == 0 ? mutate(text, random) : mutate_words(text, random);
}

/// Compiles a program in memory. Throws if it is neither compiled nor answered.
Verdict compile_text(const std::string& text) {
  SourceFiles files;
  const FileId file = files.add("damaged.td", text);
  Diagnostics diagnostics;
  Dump dump;
  const std::optional<Compilation> compilation =
      compile(files, file, {}, DefaultDeploy::first_of_file, diagnostics, dump);
  if (compilation.has_value() == diagnostics.has_errors() ||
      render(diagnostics, files).empty() != diagnostics.all().empty())
    throw std::logic_error("neither compiled nor answered");
  if (compilation) return kCompiled;
  const auto passed = [&](std::string_view stage) {
    return std::ranges::count(dump.names, stage) > 0;
  };
  if (passed("plan")) return kMemory;
  if (passed("ir")) return kDifferentiate;
  Diagnostics again;
  return parse(files, file, again) ? kCheck : kParse;
}

/// Without what commands print.
class Silence {
 public:
  Silence() {
    const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
      kept_[stream - STDOUT_FILENO] = dup(stream);
      dup2(nothing, stream);
    }
    close(nothing);
  }
  ~Silence() {
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
      dup2(kept_[stream - STDOUT_FILENO], stream);
      close(kept_[stream - STDOUT_FILENO]);
    }
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  std::array<int, 2> kept_ = {};
};

/// The same by the command, `tdc damaged.td -o out`: a folder appears if the program is good, and
/// nothing at all if it is not. Throws otherwise.
Verdict compile_by_command(const std::string& text, Verdict expected) {
  const TemporaryFolder folder;
  TDC_CHECK(write_file_atomically(folder / "damaged.td", text).ok());
  const Silence silence;
  const int status =
      execute(CompileCommand{.compile = {.file = folder / "damaged.td"}, .output = folder / "out"});
  const auto entries = std::distance(std::filesystem::directory_iterator(folder.path()), {});
  if ((status == 0) != (expected == kCompiled) || entries != (status == 0 ? 2 : 1))
    throw std::logic_error("the command left something else");
  return expected;
}

/// Processor time for one file, and how many versions of the examples there are in all. A run takes
/// a fourth of them, another one with every commit. Under sanitizers everything takes ten times as
/// long.
constexpr int64_t kParts = 4;
#ifdef TDC_SANITIZED
constexpr std::chrono::seconds kLimit{120};
constexpr int64_t kDamaged = 2'000, kDamagedTransformers = 200;
#else
constexpr std::chrono::seconds kLimit{10};
constexpr int64_t kDamaged = 10'000, kDamagedTransformers = 500;
#endif

/// Reports what failed, and how far the files came.
void report(const Survey& found) {
  for (const std::string& failure : found.failures) FAIL_CHECK(failure);
  MESSAGE("ended in parse ", found.counts[kParse], ", check ", found.counts[kCheck],
          ", differentiate ", found.counts[kDifferentiate], ", memory ", found.counts[kMemory],
          "; compiled ", found.counts[kCompiled]);
}

TEST_CASE("every prefix of the digits' example is compiled or answered") {
  const std::string text = read_example("mlp_digits/mlp_digits.td");
  const Survey found = survey(static_cast<int64_t>(text.size()) + 1, kVerdicts, kLimit,
                              [&](int64_t length) { return compile_text(text.substr(0, length)); });
  report(found);
  CHECK(found.counts[kParse] > 500);
  CHECK(found.counts[kCompiled] > 3);
}

/// This run's part of `count` damaged versions of a program, two of every hundred also by the
/// command.
Survey survey_damaged(const std::string& text, int64_t count) {
  const int64_t part = static_cast<int64_t>(test::turn() % kParts);
  return survey(count / kParts, kVerdicts, kLimit, [&](int64_t item) {
    const int64_t seed = part * (count / kParts) + item;
    const std::string damaged = damage(text, seed);
    const Verdict verdict = compile_text(damaged);
    return seed % 100 < 2 ? compile_by_command(damaged, verdict) : verdict;
  });
}

TEST_CASE("thousands of damaged versions of the digits' example are compiled or answered") {
  const Survey found = survey_damaged(read_example("mlp_digits/mlp_digits.td"), kDamaged);
  report(found);
  constexpr int64_t kVersions = kDamaged / kParts;
  CHECK(found.counts[kCheck] > kVersions / 5);
  CHECK(found.counts[kMemory] > kVersions / 200);
  CHECK(found.counts[kCompiled] > kVersions / 5);
}

TEST_CASE("hundreds of damaged versions of the transformer are compiled or answered") {
  const Survey found = survey_damaged(read_example("cct/cct.td"), kDamagedTransformers);
  report(found);
  constexpr int64_t kVersions = kDamagedTransformers / kParts;
  CHECK(found.counts[kCheck] > kVersions / 5);
  CHECK(found.counts[kCompiled] > kVersions / 10);
}

}  // namespace
}  // namespace tdc::driver
