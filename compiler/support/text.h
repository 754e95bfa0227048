#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tdc {

/// The candidate most like `name`, for "did you mean": at most one edit per three characters away
/// (at least one), two neighbours exchanged being one edit, letter case ignored when nothing else fits; the first of equals. Null: nothing
/// is near.
std::optional<std::string> nearest(std::string_view name,
                                   const std::vector<std::string>& candidates);

/// The text with what would act on a terminal or forge a line spelled out: control characters,
/// marks of direction, line separators and bytes that are no UTF-8, as `\n`, `\t` or `\x1b` for
/// each byte. All else stays, backslashes too, so that doing it twice changes nothing.
std::string printable(std::string_view text);

/// Whether the text can stand in makefiles, linker scripts, CMake files and file names without
/// meaning more than itself: letters and digits of ASCII, `_`, and behind the first also `-` and
/// `.`.
bool is_plain_name(std::string_view text);

/// "a", "a or b", "a, b or c" (with `last` = "or"). Empty for no items.
std::string join_words(const std::vector<std::string>& items, std::string_view last);

/// The fewest digits that read back as `value`, and by a point or an exponent no integer: `0.1`,
/// `2000.0`, `1e-05`. The same with every version of the formatting library, whose own form for
/// this differs.
std::string real_text(double value);

}  // namespace tdc
