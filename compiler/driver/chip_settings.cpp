#include "driver/chip_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tdc::driver {
namespace {

struct Parameter {
  std::string_view name;
  int64_t smallest, largest;
};

constexpr std::array kParameters = {
#define TDC_PARAMETER(name, value, smallest, largest, unit, reason) \
  Parameter{#name, smallest, largest},
#include "soc/parameters.def"
#undef TDC_PARAMETER
};

const Parameter* find_parameter(std::string_view name) {
  const auto* const found = std::find_if(kParameters.begin(), kParameters.end(),
                                         [&](const Parameter& each) { return each.name == name; });
  return found == kParameters.end() ? nullptr : found;
}

/// `l2_bytes` of a level `L2`.
const Parameter* size_of(const chip::MemoryLevel& level) {
  for (const char number : {'1', '2', '3'})
    if (level.name == fmt::format("L{}", number))
      return find_parameter(fmt::format("l{}_bytes", number));
  return nullptr;
}

}  // namespace

Result<std::vector<std::string>> chip_settings(const chip::Chip& chip,
                                               const std::vector<std::string>& given) {
  const auto is_given = [&](const Parameter& parameter) {
    return std::any_of(given.begin(), given.end(), [&](const std::string& setting) {
      return setting.starts_with(fmt::format("{}=", parameter.name));
    });
  };
  std::vector<std::string> settings;
  Failure problems;
  const auto set = [&](const Parameter& parameter, int64_t value, const Failure& out_of_range) {
    if (is_given(parameter)) return;
    if (value < parameter.smallest || value > parameter.largest) problems.add(out_of_range);
    settings.push_back(fmt::format("{}={}", parameter.name, value));
  };
  const Parameter& cores = *find_parameter("cores");
  set(cores, chip.cores,
      fail("`{}` has {} cores, the simulated chip has at most {}", chip.name, chip.cores,
           cores.largest));
  if (chip.engine) set(*find_parameter("engine"), 1, {});
  for (const chip::MemoryLevel& level : chip.levels) {
    const Parameter* size = size_of(level);
    if (size == nullptr)
      problems.add(fail("`{}` has a memory `{}`, the simulated chip has only L1, L2 and L3",
                        chip.name, level.name));
    else
      set(*size, level.capacity.count,
          fail("`{}` has {} of {}, the simulated chip can have {} to {}", chip.name,
               to_text(level.capacity), level.name, to_text(Bytes{size->smallest}),
               to_text(Bytes{size->largest})));
  }
  if (!problems.messages.empty()) return problems;
  settings.insert(settings.end(), given.begin(), given.end());
  return settings;
}

}  // namespace tdc::driver
