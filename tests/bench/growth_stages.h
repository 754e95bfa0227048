#pragma once

// Programs of any size, and how long each stage of the compiler takes for one: for the benchmark
// and for the test that growth stays below the square.

#include <cstdint>
#include <string>
#include <vector>

namespace tdc::test {

/// A family of programs.
struct GrowingProgram {
  std::string name;
  int64_t smallest;  ///< size at which every stage can be measured
  std::string (*text)(int64_t size);
};

/// A chain of `relu`, encoder blocks, parameters, uses of one parameter; and matrices of a million
/// elements each.
const std::vector<GrowingProgram>& growing_programs();

struct StageTime {
  std::string stage;
  double seconds;  ///< of processor time of this process
};

/// From the text to the folder of C, in the order of the compiler; a stage whose name begins with
/// blanks is a part of another. Ends the program if the text is wrong.
std::vector<StageTime> stage_times(const std::string& text);

}  // namespace tdc::test
