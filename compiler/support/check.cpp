#include "support/check.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace tdc {
namespace {
std::string& fault_context() {
  static std::string context;
  return context;
}
}  // namespace

void set_fault_context(std::string context) {
  fault_context() = std::move(context);
}

void internal_fault(std::string_view file, int line, std::string_view condition,
                    std::string_view detail) {
  std::string message =
      fmt::format("tdc: internal fault: {}:{}: `{}` does not hold", file, line, condition);
  if (!detail.empty()) message += fmt::format(": {}", detail);
  if (!fault_context().empty()) message += fmt::format(" (in {})", fault_context());
  std::fprintf(stderr, "%s\n", message.c_str());
  std::fflush(stderr);
  std::_Exit(70);
}

}  // namespace tdc
