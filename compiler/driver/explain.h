#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tdc::driver {

/// What `tdc explain` prints: the names that it knows, by kind.
std::string names_text();

/// What `tdc explain NAME` prints, NAME not being empty: of an op or a layer its entry in the
/// manual's reference, of a code its message, what that means and how to put it right, of a rule's
/// label the rule, of a word of programs the rules that name it. Null: there is no such name.
std::optional<std::string> explanation_text(std::string_view name);

/// Of a name that nothing has: that, and what is near.
std::string unknown_name_text(std::string_view name);

}  // namespace tdc::driver
