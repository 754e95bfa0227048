#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "ir/ir.h"
#include "ops/op.h"

namespace tdc::lora {

/// A node that reads a parameter as a matrix that can take an adapter.
struct MatrixUse {
  ir::NodeId node;
  const ops::LowRank* low_rank = nullptr;  ///< how it reads it
  int64_t in = 0, out = 0;                 ///< extents of the matrix
  bool is_out_in = false;                  ///< stored [out, in], not [in, out]
};

/// The parameters of a graph of one sample that are used only as such matrices, all their uses
/// stored the same way. A matrix whose transpose is multiplied counts as it will be read once
/// `opt::fold_transpose` has run, so the answers before and after that are the same.
class MatrixUses {
 public:
  explicit MatrixUses(const ir::Graph& graph);
  /// In the order of nodes; none if the parameter has another use too, which an adapter would not
  /// reach.
  [[nodiscard]] std::span<const MatrixUse> of(ir::VariableId parameter) const;

 private:
  std::map<ir::VariableId, std::vector<MatrixUse>> uses_;
};

}  // namespace tdc::lora
