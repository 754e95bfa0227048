#pragma once

#include <string>
#include <vector>

#include "io/array.h"
#include "support/result.h"

namespace tdc::io {

/// Which part of a data set that comes in parts.
enum class DataPart : uint8_t { kTrain, kTest };

/// CIFAR-10's binary version from its unpacked folder: `data_batch_1.bin` to `data_batch_5.bin`
/// (train) or `test_batch.bin` (test). Gives `image`, u8 [n, 3, 32, 32], and `label`, u8 [n], in
/// file order. Each file must be a whole number of records, and labels below ten. All mistakes are
/// listed.
Result<std::vector<Array>> read_cifar10(const std::string& folder, DataPart part);

}  // namespace tdc::io
