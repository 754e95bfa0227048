#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/net.h"
#include "check/program.h"
#include "ir/builder.h"
#include "ops/op.h"

namespace tdc::check {

/// What a `lora` line asks for.
struct AdapterOptions {
  int64_t rank = 0;
  double alpha = 0;
  bool trains_a = true;                   // false: `mode fa`
  std::optional<ir::Initializer> init_a;  // none: kaiming_uniform(fan_in: in)
  SourceRange origin;
};

/// A node that reads a parameter as a matrix that can take an adapter.
struct MatrixUse {
  ir::NodeId node;
  const ops::LowRank* low_rank = nullptr;  ///< how it reads it
  bool is_out_in = false;                  ///< stored [out, in], not [in, out]
};

/// The parameters of a graph that are used only as such matrices, all their uses stored the same
/// way: found once, however many adapters follow. Attaching adapters to some leaves it valid for
/// the others, until nodes are renumbered.
class MatrixUses {
 public:
  explicit MatrixUses(const ir::Graph& graph);
  /// In the order of nodes; none if the parameter has another use too, which an adapter would not
  /// reach.
  [[nodiscard]] std::span<const MatrixUse> of(ir::VariableId parameter) const;

 private:
  std::map<ir::VariableId, std::vector<MatrixUse>> uses_;
};

/// The one parameter that `call` directly holds and that can take an adapter; null if there is
/// none, or more than one (lora-1).
std::optional<ir::VariableId> adaptable_parameter(const MatrixUses& uses, const CallRecord& call);

/// Adds `<path>.lora_a` and `<path>.lora_b` to the module and their branch beside each of `uses`,
/// all those of the parameter:
///
///     y = matmul(x, w)                      y = matmul(x, w)
///                                           b = matmul(matmul(x, lora_a), lora_b)
///     z = relu(y)                   ==>     s = add(y, scale(b, alpha / rank))
///                                           z = relu(s)
///
/// Relies on `opt::fold_transpose`: a transposed matrix is adapted where it is read. New nodes
/// stand at the end of the graph, behind those that use them: `ir::sort_topologically` comes after.
/// `builder` is one of the module's graph. Null, and nothing changes, if the rank exceeds what the
/// matrix has.
std::optional<Adapter> attach_adapter(ir::Module& module, ir::Builder& builder,
                                      const std::string& path, ir::VariableId base,
                                      std::span<const MatrixUse> uses,
                                      const AdapterOptions& options);

}  // namespace tdc::check
