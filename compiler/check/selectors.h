#pragma once

// The one glob language for paths (match-1 to match-4): `*` is one segment, `**` any number,
// `{a,b}` alternatives, `[0,2..4]` the next segment by number.

#include <string>
#include <string_view>
#include <vector>

#include "support/source.h"
#include "syntax/ast.h"

namespace tdc::check {

/// The segments of `blocks.0.weight`.
std::vector<std::string> split_path(std::string_view path);

/// The pattern, its negation aside, names exactly this path.
bool matches(const ast::Pattern& pattern, const std::vector<std::string>& path);

/// The pattern names the beginning of this path: `head` and `head.**`, but not `head.weight`
/// itself.
bool matches_prefix(const ast::Pattern& pattern, const std::vector<std::string>& path);

/// The alternatives of `{..}`, and the entries of `[..]` where there are several, through which the
/// pattern matches none of `paths`, in the order in which they are written (match-4). Takes time in
/// proportion to the length of the pattern times that of the paths.
std::vector<SourceRange> unused_parts(const ast::Pattern& pattern,
                                      const std::vector<std::vector<std::string>>& paths);

/// The slice `[a:b]` of a pattern, or null.
const ast::Pick* find_slice(const ast::Pattern& pattern);

}  // namespace tdc::check
