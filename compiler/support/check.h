#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace tdc {

/// Ends the compiler with an internal fault (exit status 70). Never used for mistakes of the user.
[[noreturn]] void internal_fault(std::string_view file, int line, std::string_view condition,
                                 std::string_view detail);

/// Sets what the compiler is doing now ("pass remove_dead"); it is named in an internal fault.
void set_fault_context(std::string context);

}  // namespace tdc

/// Checks an invariant of the compiler, in every build. Optional fmt arguments say more.
#define TDC_CHECK(condition, ...)                                                              \
  do {                                                                                         \
    if (!(condition)) [[unlikely]]                                                             \
      ::tdc::internal_fault(__FILE__, __LINE__, #condition, ::tdc::detail::text(__VA_ARGS__)); \
  } while (false)

namespace tdc::detail {
inline std::string text() {
  return {};
}
template <typename... Args>
std::string text(fmt::format_string<Args...> format, Args&&... args) {
  return fmt::format(format, std::forward<Args>(args)...);
}
}  // namespace tdc::detail
