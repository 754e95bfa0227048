#pragma once

#include <cstdint>
#include <string>
#include <vector>

// Programs on a team of real threads (tests/platforms/threads), which the seed makes 1 to 16.

namespace tdc::test {

/// Another seed at each call; those of the next commit are others (TDC_TURN).
uint64_t next_seed();

/// The command that starts a program of that platform. Which seed it is stands in the command.
std::vector<std::string> on_threads(const std::string& program, uint64_t seed);

/// The same for the program of a project that `runner::build` or its Makefile has built for this
/// machine: links its objects once more, with this platform.
std::vector<std::string> project_on_threads(const std::string& program, uint64_t seed);

}  // namespace tdc::test
