#include "soc/parameters.h"

#include <bit>
#include <charconv>
#include <vector>

namespace tdc::soc {

std::span<const ParameterInfo> parameter_infos() {
  static const std::vector<ParameterInfo> infos = {
#define TDC_PARAMETER(name, value, smallest, largest, unit, reason) \
  {#name, &Parameters::name, value, smallest, largest, unit, reason},
#include "soc/parameters.def"
#undef TDC_PARAMETER
  };
  return infos;
}

std::string set_parameter(Parameters& parameters, std::string_view assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return "expected NAME=VALUE";
  const std::string_view name = assignment.substr(0, equals);
  const std::string_view text = assignment.substr(equals + 1);
  for (const ParameterInfo& info : parameter_infos()) {
    if (info.name != name) continue;
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
      return "`" + std::string(text) + "` is not a whole number";
    }
    if (value < info.smallest || value > info.largest) {
      return std::string(name) + " is from " + std::to_string(info.smallest) + " to " +
             std::to_string(info.largest);
    }
    parameters.*info.member = value;
    return {};
  }
  return "there is no parameter `" + std::string(name) + "`";
}

std::string apply_preset(Parameters& parameters, std::string_view preset) {
  if (preset == "standard") {
    parameters = Parameters{};
    return {};
  }
  if (preset == "reference_sdk") {
    parameters.l3_read_start_cycles = 1940;
    parameters.l3_write_start_cycles = 1940;
    return {};
  }
  return "there is no preset `" + std::string(preset) + "` (standard, reference_sdk)";
}

std::string check_parameters(const Parameters& p) {
  if (!std::has_single_bit(p.l1_banks)) return "l1_banks is a power of two";
  if (!std::has_single_bit(p.icache_shared_banks)) return "icache_shared_banks is a power of two";
  if (!std::has_single_bit(p.icache_private_bytes) || !std::has_single_bit(p.icache_shared_bytes)) {
    return "cache sizes are powers of two";
  }
  if (p.l1_bytes % 4 != 0 || p.l2_bytes % 4 != 0 || p.l3_bytes % 4 != 0) {
    return "memory sizes are multiples of 4";
  }
  return {};
}

}  // namespace tdc::soc
