#pragma once

#include <string>

#include "emit/model.h"

namespace tdc::emit {

/// `<prefix>_weights.c`: elements of frozen variables, and initial images of live ones, as `const`
/// arrays in the memories that the chip file names for them. Variables that start as zero have no
/// image.
std::string emit_weights(const Model& model);

/// The declarations that `<prefix>.c` needs of it.
std::string weight_declarations(const Model& model);

}  // namespace tdc::emit
