#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// The programs of the project itself, for tests that run over all of them.

namespace tdc::test {

/// The .td files with a net below a folder of the project, sorted.
std::vector<std::filesystem::path> programs_in(const char* folder);

/// The names of the `train` blocks of a program's text; an empty one, which selects nothing, if
/// there are none. Requires that it can be parsed.
std::vector<std::string> trains_of(const std::string& text);

/// What is tested in turns goes on with this number: that in TDC_TURN, which tests/run.sh sets to
/// the number of commits, or 0.
uint64_t turn();

}  // namespace tdc::test
