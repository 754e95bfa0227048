#pragma once

// The one glob language for paths (match-1 to match-5): `*` is one segment, `**` any number,
// `{a,b}` alternatives, `[0,2..4]` the next segment by number.

#include <string>
#include <string_view>
#include <vector>

#include "syntax/ast.h"

namespace tdc::check {

/// The segments of `blocks.0.weight`.
std::vector<std::string> split_path(std::string_view path);

/// The pattern, its negation aside, names exactly this path.
bool matches(const ast::Pattern& pattern, const std::vector<std::string>& path);

/// The pattern names the beginning of this path: `head` and `head.**`, but not `head.weight`
/// itself.
bool matches_prefix(const ast::Pattern& pattern, const std::vector<std::string>& path);

/// Copies of the pattern that keep one alternative of one `{..}`, or one entry of one `[..]`; the
/// range of each is that of what it keeps. Where there is but one, nothing can be left out.
std::vector<ast::Pattern> narrowed(const ast::Pattern& pattern);

/// The slice `[a:b]` of a pattern, or null.
const ast::Pick* find_slice(const ast::Pattern& pattern);

}  // namespace tdc::check
