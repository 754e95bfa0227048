#pragma once

// What lives between steps.

#include <cstdint>
#include <string>
#include <string_view>

#include "ir/types.h"
#include "support/source.h"

namespace tdc::ir {

enum class VariableKind : uint8_t {
  parameter,
  state,        ///< changed by `update` only
  accumulator,  ///< of gradients, between the micro-batches of an update
};

/// How a variable starts. Random kinds draw from the counter-based generator of
/// `ir/initialize.h`, keyed by seed and path, element index as counter.
struct Initializer {
  enum class Kind : uint8_t { constant, uniform, normal };
  Kind kind = Kind::constant;
  /// constant: the value. uniform: the bound b of [-b, b). normal: the standard deviation.
  double scale = 0;
  friend bool operator==(const Initializer&, const Initializer&) = default;
};

struct Variable {
  std::string path;  ///< `blocks.0.attn.q.weight`: the weight namespace
  TensorType type;
  VariableKind kind = VariableKind::parameter;
  Initializer init;
  bool is_trained = false;
  SourceRange origin;  ///< the declaration
};

std::string_view to_text(VariableKind kind);

}  // namespace tdc::ir
