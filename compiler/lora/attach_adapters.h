#pragma once

#include <vector>

#include "ir/ir.h"
#include "lora/adapter.h"

namespace tdc::lora {

/// Puts the branch of each adapter beside every use of its matrix. The variables are there already:
///
///     y = matmul(x, w)                      y = matmul(x, w)
///                                           b = matmul(matmul(x, lora_a), lora_b)
///     z = relu(y)                   ==>     s = add(y, scale(b, alpha / rank))
///                                           z = relu(s)
///
/// Nothing happens without adapters. Relies on `opt::fold_transpose`: a transposed matrix is
/// adapted where it is read. The base of each adapter is a parameter that `MatrixUses` has found.
ir::Module attach_adapters(ir::Module module, const std::vector<Adapter>& adapters);

}  // namespace tdc::lora
