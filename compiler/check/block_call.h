#pragma once

#include "check/elaboration.h"
#include "check/value.h"

namespace tdc::check {

/// Elaborates the body of a block for one call of it.
Value call_block(Elaboration& in, const CallContext& context, const CallableValue& callee,
                 SourceRange range);

/// What the body of `block` returned, with the shapes that it declares; `frame` is that of the call
/// or of the net, and the current one.
Value finish_call(Elaboration& in, Frame& frame, const ast::Block& block);

}  // namespace tdc::check
