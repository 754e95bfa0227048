#pragma once

#include <string>
#include <string_view>

#include "io/array.h"
#include "support/result.h"

// NumPy's format of one array: a magic word, a Python dictionary with type, order and shape, and
// the bytes.

namespace tdc::io {

/// Adds to `file` the array in the bytes of one `.npy` file, or, if its elements are no numbers
/// that `ElementType` has, an unread entry. Whatever numpy reads as such numbers is read with the
/// same values: versions 1.0 to 3.0, either byte order, C and Fortran order, Python 2's `3L`.
/// Strict: header, shape and number of bytes must agree. `path` is for the messages.
Result<Done> read_npy(std::string_view bytes, std::string name, std::string_view path,
                      ArrayFile& file);

/// The .npy file of `array`, version 1.0, its data aligned to 64 bytes as NumPy does. Asserts that
/// its elements are no bf16, which NumPy lacks.
std::string format_npy(const Array& array);

}  // namespace tdc::io
