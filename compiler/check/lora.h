#pragma once

#include <optional>
#include <string>

#include "check/elaborate.h"
#include "check/program.h"

namespace tdc::check {

/// What a `lora` line asks for.
struct AdapterOptions {
  int64_t rank = 0;
  double alpha = 0;
  bool trains_a = true;                   // false: `mode fa`
  std::optional<ir::Initializer> init_a;  // none: kaiming_uniform(fan_in: in)
  SourceRange origin;
};

/// The one parameter that `call` directly holds and that ops use only as a matrix which can take an
/// adapter, all of them stored the same way; null if there is none, or more than one (lora-1).
std::optional<ir::VariableId> adaptable_parameter(const ir::Module& module, const CallRecord& call);

/// Adds `<path>.lora_a` and `<path>.lora_b` to the module and their branch beside every use of the
/// parameter:
///
///     y = matmul(x, w)                      y = matmul(x, w)
///                                           b = matmul(matmul(x, lora_a), lora_b)
///     z = relu(y)                   ==>     s = add(y, scale(b, alpha / rank))
///                                           z = relu(s)
///
/// Relies on `opt::fold_transpose`: a transposed matrix is adapted where it is read. Leaves the
/// graph in topological order. Null, and nothing changes, if the rank exceeds what the matrix has.
std::optional<Adapter> attach_adapter(ir::Module& module, const std::string& path,
                                      ir::VariableId base, const AdapterOptions& options);

}  // namespace tdc::check
