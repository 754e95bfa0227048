#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/check.h"

namespace tdc {

/// What went wrong outside the program text: in a file, a folder, a tool. Messages follow the style
/// of diagnostics (lower-case start, what was seen first); there is at least one.
struct Failure {
  std::vector<std::string> messages;

  friend bool operator==(const Failure&, const Failure&) = default;
};

/// A failure of one message.
template <typename... Args>
[[nodiscard]] Failure fail(fmt::format_string<Args...> format, Args&&... args) {
  return {.messages = {fmt::format(format, std::forward<Args>(args)...)}};
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
