#pragma once

#include <map>
#include <string>
#include <vector>

#include "ir/ir.h"
#include "ops/tensor.h"

namespace tdc::graph {

/// What a graph is run on and gives. Maps are keyed by graph input, output and variable.
struct InterpreterInputs {
  std::map<std::string, ops::Tensor> arguments;     ///< by input name, learning rate included
  std::map<ir::VariableId, ops::Tensor> variables;  ///< of every variable that the graph reads
};

struct InterpreterResults {
  std::map<std::string, ops::Tensor> outputs;
  std::map<ir::VariableId, ops::Tensor> written;
  IdVector<ir::ValueId, ops::Tensor> values;  ///< all of them, for traces and tests
};

/// Runs a graph node by node with the ops' reference evaluation, in double precision. It shares
/// nothing with schedules, plans and kernels. Asserts that arguments and variables are complete and
/// of the right types.
InterpreterResults interpret(const ir::Graph& graph, const InterpreterInputs& inputs);

}  // namespace tdc::graph
