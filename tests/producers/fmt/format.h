#pragma once

// What the compiler uses of fmt, without its bodies, which take most of the time of reading a source.

#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fmt {

template <typename...>
using format_string = std::string_view;
using std::string_view;

template <typename... Args>
std::string format(std::string_view, const Args&...);
template <typename... Args>
std::string vformat(const Args&...);
template <typename... Args>
int make_format_args(const Args&...);
template <typename To, typename... Args>
To format_to(To, std::string_view, const Args&...);
template <typename... Args>
std::string_view join(const Args&...);
template <typename T>
const T& arg(const char*, const T&);

template <typename T, typename Char = char>
struct formatter {
  template <typename Context>
  auto format(const T&, Context& context) const {
    return context.out();
  }
};

}  // namespace fmt
