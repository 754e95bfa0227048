#pragma once

#include "ir/ir.h"

namespace tdc::lora {

/// A low-rank adapter that a `lora` line asks for. `base` is stored [out, in] or [in, out],
/// `factor_a` [rank, in], `factor_b` [out, rank]; the net computes as if `base` (or its transpose,
/// if it is stored [in, out]) were larger by `scale` * `factor_b` `factor_a`.
struct Adapter {
  ir::VariableId base, factor_a, factor_b;
  double scale = 1;  ///< alpha / rank
  bool is_base_out_in = false;
};

}  // namespace tdc::lora
