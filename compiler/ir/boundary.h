#pragma once

// What a graph is for, what enters it and what leaves it.

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/ids.h"

namespace tdc::ir {

/// All but the first are entry points, each a C function.
enum class GraphKind : uint8_t {
  sample,      ///< all that a file says of one sample, before entry points are made of it
  infer,       ///< the results of one sample
  eval,        ///< loss and metrics of one sample
  train_step,  ///< the loss of a batch; its gradients are summed for `apply`, or used at once
  apply,       ///< one update from summed gradients, if several batches make one
};
/// `train_step`: the graph's name, and what stands behind the prefix in C.
std::string_view to_text(GraphKind kind);

enum class InputKind : uint8_t {
  sample,         ///< an input of the net
  target,         ///< what a sample carries besides
  learning_rate,  ///< f32 scalar, given at run time
  inverse_count,  ///< f32 scalar: 1 / number of samples whose gradients were summed
};

struct Input {
  std::string name;
  InputKind kind;
  ValueId value;
  int64_t classes = 0;  ///< elements are below it: of `class(n)`, and of what indexes; 0: any
};

enum class OutputKind : uint8_t {
  result,
  loss,
  metric,
  divisor,  ///< follows a metric that is the mean of it divided by the mean of this one
};
/// Whether C's `metrics` holds it.
constexpr bool is_in_metrics(OutputKind kind) {
  return kind == OutputKind::metric || kind == OutputKind::divisor;
}

struct Output {
  std::string name;
  OutputKind kind;
  ValueId value;
};

/// `value` is version 0 of the variable within this graph.
struct Read {
  VariableId variable;
  ValueId value;
};

/// `value` becomes version 1. Every read of version 0, by whatever node, comes before the write.
struct Write {
  VariableId variable;
  ValueId value;
};

}  // namespace tdc::ir
