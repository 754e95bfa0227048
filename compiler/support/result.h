#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/check.h"
#include "support/text.h"

namespace tdc {

/// What went wrong outside the program text: in a file, a folder, a tool. Messages follow the style
/// of diagnostics (lower-case start, what was seen first); there is at least one.
struct Failure {
  std::vector<std::string> messages;

  /// Adds the messages of another.
  void add(const Failure& more) {
    messages.insert(messages.end(), more.messages.begin(), more.messages.end());
  }

  friend bool operator==(const Failure&, const Failure&) = default;
};

/// What another program said, which keeps its lines in a message.
struct Verbatim {
  std::string_view text;
};

}  // namespace tdc

template <>
struct fmt::formatter<tdc::Verbatim> : fmt::formatter<fmt::string_view> {};

namespace tdc {

/// An argument as it stands in a message: texts may come from anywhere, so they are made printable.
template <typename T>
decltype(auto) in_message(const T& argument) {
  if constexpr (std::is_same_v<T, Verbatim>) {
    return std::string(argument.text);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return printable(argument);
  } else {
    return (argument);
  }
}

/// A failure of one message. Texts among the arguments are shown as `printable` has them.
template <typename... Args>
[[nodiscard]] Failure fail(fmt::format_string<Args...> format, Args&&... args) {
  return [&](const auto&... shown) {
    return Failure{.messages = {fmt::vformat(format, fmt::make_format_args(shown...))}};
  }(in_message(args)...);
}

/// A value, or a failure that the caller must look at. For work on files and tools, whose mistakes
/// have no place in a source text; the driver turns the messages into diagnostics.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Failure failure) : failure_(std::move(failure)) {
    TDC_CHECK(!failure_.messages.empty(), "a failure says what went wrong");
  }

  [[nodiscard]] bool ok() const { return value_.has_value(); }
  /// The value; asserts that there is one.
  [[nodiscard]] T& value() {
    TDC_CHECK(ok(), "{}", failure_.messages.front());
    return *value_;
  }
  [[nodiscard]] const T& value() const {
    TDC_CHECK(ok(), "{}", failure_.messages.front());
    return *value_;
  }
  /// What went wrong; empty messages if nothing did.
  [[nodiscard]] const Failure& failure() const { return failure_; }

 private:
  std::optional<T> value_;
  Failure failure_;
};

/// The value of work that gives nothing back.
struct Done {};

}  // namespace tdc
