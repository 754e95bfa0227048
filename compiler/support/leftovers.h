#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/descriptor.h"

// A file or folder that is written as a whole is made under a working name beside its place, such
// as `weights.npz.tdc-new-3fK2ab`, and renamed. Its writer holds its lock. If the writer is killed,
// the system drops the lock: what has a working name and no holder is a leftover, which whoever
// next writes to the same place removes.

namespace tdc {

/// The pattern of a working name of `path`, for `mkstemp` and `mkdtemp`.
std::string working_name_pattern(const std::string& path);
/// The X of a pattern.
inline constexpr size_t kRandomLetters = 6;

/// Calls `remove` for every entry of `folder` that is called `prefix` and six letters or digits, is
/// the user's own, and is held by nobody; it is locked meanwhile. Links are left alone, and so is
/// what cannot be opened.
void for_each_leftover(const std::filesystem::path& folder, std::string_view prefix,
                       const std::function<void(const std::filesystem::path&)>& remove);

/// The beginnings of the working names of `path`'s last part.
std::vector<std::string> working_name_prefixes(const std::filesystem::path& path);

}  // namespace tdc
