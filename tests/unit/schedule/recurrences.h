#pragma once

// Programs with a `repeat`, and what becomes of them.

#include <cstdint>
#include <string>
#include <vector>

#include "driver/pipeline.h"

namespace tdc::test {

/// The plan of a program for the host, or for the chip that it names; `without` some passes.
driver::Planned plan_recurrence(const std::string& text, const std::string& train,
                                const std::vector<std::string>& without = {});

/// Whether all calls of two plans of a program give the same bits.
bool have_same_results(const driver::Planned& a, const driver::Planned& b);

/// What painted memory shows.
std::string complaints_about(const driver::Planned& planned, uint64_t seed);

/// A net whose `repeat` computes at random over three states, the same for a seed everywhere.
std::string random_recurrence(uint64_t seed);

}  // namespace tdc::test
