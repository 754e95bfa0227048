#pragma once

// A message without its place: what a rule that knows nothing of the source says to those who do.
// The catalogue itself is in `diag/diagnostic.h`.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "support/units.h"

namespace tdc {

enum class Severity { kError, kWarning, kNote, kHint };

/// An argument of a message, as it is put into the text.
using MessageArgument = std::variant<std::string, int64_t, double, Bytes>;

/// An entry of the catalogue with its arguments; `make_message` makes one.
struct Message {
  Severity severity = Severity::kError;
  std::string_view id;    ///< `matmul_inner_dim`
  std::string_view text;  ///< with the names of the arguments in braces
  std::vector<MessageArgument> arguments;
};

/// The text with the arguments in their places.
std::string to_text(const Message& message);

}  // namespace tdc
