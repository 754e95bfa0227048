#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tdc::soc {

/// The chip's numbers; parameters.def says what each is and why it has its value.
struct Parameters {
#define TDC_PARAMETER(name, value, smallest, largest, unit, reason) uint32_t name = value;
#include "soc/parameters.def"
#undef TDC_PARAMETER
};

/// What is known about one parameter, for printing and for setting it by name.
struct ParameterInfo {
  std::string_view name;
  uint32_t Parameters::* member;
  uint32_t standard;
  uint32_t smallest;
  uint32_t largest;
  std::string_view unit;
  std::string_view reason;
};

/// All parameters in the order of parameters.def.
std::span<const ParameterInfo> parameter_infos();

/// Applies "name=value". Returns what is wrong with it, or nothing.
std::string set_parameter(Parameters& parameters, std::string_view assignment);

/// Applies a named set of values; `reference_sdk` is the reference's driver software for L3.
std::string apply_preset(Parameters& parameters, std::string_view preset);

/// What is wrong with the parameters together, or nothing.
std::string check_parameters(const Parameters& parameters);

/// The number of FPUs.
inline uint32_t fpu_count(const Parameters& parameters) {
  return (parameters.cores + parameters.cores_per_fpu - 1) / parameters.cores_per_fpu;
}

}  // namespace tdc::soc
