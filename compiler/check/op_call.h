#pragma once

#include <map>
#include <string>
#include <vector>

#include "check/elaboration.h"
#include "ir/ir.h"
#include "ops/op.h"

namespace tdc::check {

/// A call of an op as its record says: arguments, attributes, labels of `class(n)`. Attributes that
/// are `fixed` cannot be written.
Value call_op(Elaboration& in, const CallContext& context, const ops::OpDef& op, SourceRange range,
              const ir::Attributes& fixed = {});

/// Adds a node after the record has looked at the types; `places` are the operands' places,
/// `attribute_places` those of attributes that were written.
Value emit_op(Elaboration& in, const ops::OpDef& op, ir::ValueIds inputs, ir::Attributes attributes,
              SourceRange range, const std::vector<SourceRange>& places,
              const std::map<std::string, SourceRange>& attribute_places);

}  // namespace tdc::check
