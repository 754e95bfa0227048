// How the compiler's processor time grows with the program: seconds per stage for programs of sizes
// n, 3n and 10n, and how much more the larger ones take. 3 and 10 are linear growth, 9 and 100 are
// quadratic. Asserts nothing about time. `growth [PROGRAM...]` measures the named programs only.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "growth_stages.h"

namespace {

using namespace tdc::test;

constexpr std::array<int64_t, 3> kFactors = {1, 3, 10};

void print(const GrowingProgram& program) {
  std::vector<std::vector<StageTime>> runs;
  fmt::print("{:<26}", program.name);
  for (const int64_t factor : kFactors) {
    fmt::print("{:>10}", program.smallest * factor);
    std::fflush(stdout);
    runs.push_back(stage_times(program.text(program.smallest * factor)));
  }
  for (size_t i = 1; i < kFactors.size(); ++i) fmt::print("{:>9}", fmt::format("x{}", kFactors[i]));
  fmt::print("\n");
  for (size_t stage = 0; stage < runs[0].size(); ++stage) {
    fmt::print("  {:<24}", runs[0][stage].stage);
    for (const std::vector<StageTime>& run : runs) fmt::print("{:>10.3f}", run[stage].seconds);
    // Below a millisecond a ratio says nothing.
    for (size_t i = 1; i < runs.size(); ++i)
      fmt::print("{:>9.1f}", runs[i][stage].seconds / std::max(1e-3, runs[0][stage].seconds));
    fmt::print("\n");
  }
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> wanted(words + 1, words + count);
  for (const GrowingProgram& program : growing_programs())
    if (wanted.empty() || std::find(wanted.begin(), wanted.end(), program.name) != wanted.end())
      print(program);
  return 0;
}
