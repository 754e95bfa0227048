#pragma once

#include <string>

#include "emit/model.h"

namespace tdc::emit {

/// `<prefix>_weights.S`: elements of frozen variables, and initial images of live ones, as constant
/// arrays in the memories that the chip file names for them.
/// Variables that start as zero have no image. The numbers are taken from `weight_elements` by
/// `.incbin`: as text 40 million of them are 655 MB, which a C compiler takes minutes and gigabytes
/// to read. Small nets do the same, so that there is one way, which all tests go.
std::string emit_weights(const Model& model);

/// `<prefix>_weights.bin`: the elements of all these arrays one after another, as fp32 in
/// little-endian order.
std::string weight_elements(const Model& model);

/// The declarations of the arrays, for `<prefix>.c`.
std::string weight_declarations(const Model& model);

}  // namespace tdc::emit
