#pragma once

#include <string>

#include "support/result.h"

namespace tdc {

/// Whether nobody but the user and root can change what is at `path`, which is absolute: every
/// folder and link on the way, and what is there, belongs to one of the two, and no other may write
/// to it. A folder where everybody keeps files of their own (`/tmp`, with its sticky bit) is
/// accepted, and so is writing by the user's own group if it has no other member. Fails with the
/// first place that is otherwise. What is not there yet is nobody's.
Result<Done> check_private(const std::string& path);

}  // namespace tdc
