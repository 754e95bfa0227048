// `tdc check` against `tdc FILE -o`: what the judge says of a file is what compiling each pair of a
// `train` and a `deploy` block says.

#include "driver/judge.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "../own_programs.h"
#include "../programs.h"
#include "../survey.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "syntax/parse.h"

namespace tdc::driver {
namespace {

using Pair = std::pair<std::string, std::string>;  // train and deploy

/// What one command says about a program.
struct Verdict {
  bool is_good = false;
  std::set<std::string> errors, warnings;  // `code @ file:line:column: text`
  std::set<std::string> notes;             // texts
};

Verdict verdict(const SourceFiles& files, const Diagnostics& diagnostics, bool is_good) {
  Verdict result = {.is_good = is_good, .errors = {}, .warnings = {}, .notes = {}};
  for (const Diagnostic& each : diagnostics.all()) {
    const std::string text =
        fmt::format("{} @ {}: {}", each.code,
                    each.range.is_valid() ? files.describe(each.range) : "", each.text);
    if (each.severity == Severity::kError) result.errors.insert(text);
    if (each.severity == Severity::kWarning) result.warnings.insert(text);
    if (each.severity == Severity::kNote) result.notes.insert(each.text);
  }
  return result;
}

Verdict compiled(const std::string& text, const Pair& pair) {
  SourceFiles files;
  Diagnostics diagnostics;
  Dump none;
  const FileId file = files.add("test.td", text);
  const CompileOptions options = {.train = pair.first, .deploy = pair.second};
  const bool is_good =
      compile(files, file, options, DefaultDeploy::first_of_file, diagnostics, none).has_value();
  return verdict(files, diagnostics, is_good);
}

Verdict judged(const std::string& text, const Pair& pair) {
  SourceFiles files;
  Diagnostics diagnostics;
  const FileId file = files.add("test.td", text);
  const CompileOptions options = {.train = pair.first, .deploy = pair.second};
  const bool is_good = judge(files, file, options, diagnostics).has_value();
  return verdict(files, diagnostics, is_good);
}

/// The names of the blocks, or one empty name: the default.
std::pair<std::vector<std::string>, std::vector<std::string>> blocks_of(const std::string& text) {
  SourceFiles files;
  Diagnostics ignored;
  std::vector<std::string> trains, deploys;
  if (const auto tree = parse(files, files.add("test.td", text), ignored))
    for (const ast::Declaration& declaration : tree->declarations) {
      if (const auto* train = std::get_if<ast::Train>(&declaration.kind))
        trains.push_back(train->name.text);
      if (const auto* deploy = std::get_if<ast::Deploy>(&declaration.kind))
        deploys.push_back(deploy->name.text);
    }
  if (trains.empty()) trains.emplace_back();
  if (deploys.empty()) deploys.emplace_back();
  return {trains, deploys};
}

bool contains_all(const std::set<std::string>& all, const std::set<std::string>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

bool is_not_fit(const std::string& error) {
  return error.starts_with("memory-does-not-fit");
}

/// What the two commands disagree about for every pair of the program; empty: nothing.
std::string disagreement(const std::string& text) {
  const auto [trains, deploys] = blocks_of(text);
  std::map<Pair, Verdict> compilations;
  // Errors that have nothing to do with a chip: on the host everything fits.
  std::set<std::string> errors_anywhere;
  for (const std::string& train : trains) {
    const Verdict on_host = compiled(text, {train, "host"});
    errors_anywhere.insert(on_host.errors.begin(), on_host.errors.end());
    for (const std::string& deploy : deploys)
      compilations[{train, deploy}] = compiled(text, {train, deploy});
  }
  for (const auto& [pair, compilation] : compilations) {
    const Verdict check = judged(text, pair);
    const std::string where = fmt::format("train `{}`, deploy `{}`: ", pair.first, pair.second);
    std::set<std::string> expected = errors_anywhere;
    expected.insert(compilation.errors.begin(), compilation.errors.end());
    if (!contains_all(check.errors, expected))
      return where + fmt::format("check is silent about one of {}", *expected.begin());
    if (check.errors.empty() != expected.empty())
      return where + "only check finds " + *check.errors.begin();
    if (check.is_good != check.errors.empty()) return where + "check gives another status";
    if (compilation.is_good != compilation.errors.empty())
      return where + "compiling gives another status";
    if (!contains_all(check.warnings, compilation.warnings))
      return where + "check does not warn of " + *compilation.warnings.begin();
    std::set<std::string> heads, expected_heads;
    for (const std::string& note : check.notes) heads.insert(note.substr(0, note.find(':')));
    for (const auto& [other, result] : compilations)
      if (other != pair && std::any_of(result.errors.begin(), result.errors.end(), is_not_fit))
        expected_heads.insert(
            fmt::format("{} does not fit `deploy {}`",
                        other.first.empty() ? "`net N`" : fmt::format("`train {}`", other.first),
                        other.second));
    if (!contains_all(heads, expected_heads))
      return where + fmt::format("{} notes instead of {}", heads.size(), expected_heads.size());
    // Compiling the other pair may have stopped before it was planned.
    const bool all_compile =
        std::all_of(compilations.begin(), compilations.end(), [](const auto& each) {
          return each.second.is_good ||
                 std::any_of(each.second.errors.begin(), each.second.errors.end(), is_not_fit);
        });
    if (all_compile && heads != expected_heads) return where + "a note about a pair that fits";
  }
  return {};
}

TEST_CASE("judge: agrees with compiling over all programs of the error goldens") {
  const std::filesystem::path folder =
      std::filesystem::path(TDC_SOURCE_DIR) / "tests/golden/errors";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".td") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    CHECK_MESSAGE(
        disagreement(text.str()).empty(),
        fmt::format("{}: {}", entry.path().filename().string(), disagreement(text.str())));
  }
}

/// Programs, and processor time for one of them, with compiling for each pair of its blocks. Under
/// sanitizers everything takes ten times as long.
#ifdef TDC_SANITIZED
constexpr int64_t kPrograms = 25;
constexpr std::chrono::seconds kLimit{300};
#else
constexpr int64_t kPrograms = 80;
constexpr std::chrono::seconds kLimit{60};
#endif

TEST_CASE("judge: agrees with compiling over random programs") {
  // TDC_PROGRAMS=2000 for a longer run.
  const char* const wanted = std::getenv("TDC_PROGRAMS");
  const int64_t programs = wanted == nullptr ? kPrograms : std::atoll(wanted);
  // One of four selections, another one with every commit.
  const uint64_t first = 20261128 + test::turn() % 4 * static_cast<uint64_t>(kPrograms);
  enum Outcome : size_t { kGood, kDoesNotFitElsewhere, kWrong, kOutcomes };
  const Survey result = survey(programs, kOutcomes, kLimit, [&](int64_t item) -> size_t {
    const std::string text = test::random_program(first + static_cast<uint64_t>(item));
    if (const std::string problem = disagreement(text); !problem.empty())
      throw std::runtime_error(problem);
    const Verdict check = judged(text, {});
    return !check.is_good ? kWrong : check.notes.empty() ? kGood : kDoesNotFitElsewhere;
  });
  for (const std::string& failure : result.failures) {
    const auto item = static_cast<uint64_t>(std::atoll(failure.c_str() + failure.find(' ')));
    const std::string text = test::random_program(first + item);
    FAIL_CHECK(failure << "\n" << disagreement(text) << "\n" << text);
  }
  MESSAGE(result.counts[kGood], " good, ", result.counts[kDoesNotFitElsewhere],
          " good that do not fit elsewhere, ", result.counts[kWrong], " wrong");
  // The programs are of all kinds.
  CHECK(result.counts[kGood] > programs / 5);
  CHECK(result.counts[kWrong] > programs / 5);
  CHECK(result.counts[kDoesNotFitElsewhere] > 0);
}

}  // namespace
}  // namespace tdc::driver
