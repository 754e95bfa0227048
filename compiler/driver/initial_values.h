#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "check/program.h"
#include "diag/diagnostic.h"
#include "driver/options.h"
#include "emit/model.h"

namespace tdc::driver {

/// The elements with which every variable starts: from `--weights`, else from the file's
/// `weights from` (relative to the source file's folder), else from initializers with `--seed`,
/// else the `train` block's seed.
///
/// A weight file holds an array of floats for every parameter and state under its path, of its
/// shape; only adapters (`lora_a`, `lora_b`) may be missing and then start from their initializers.
/// All arrays that are missing, wrongly shaped or of another dtype are reported at once, and so are
/// adapters that the net does not attach. What else the file holds is left alone, with a warning.
std::optional<emit::InitialValues> make_initial_values(
    const IdVector<ir::VariableId, ir::Variable>& variables, const check::Program& program,
    const CompileOptions& options, std::string_view source, Diagnostics& diagnostics);

/// Reports what `make_initial_values` would about the weight file of a program. `option` is what
/// `--weights` says, or empty.
void check_weights(const check::Program& program, const std::string& option,
                   std::string_view source, Diagnostics& diagnostics);

}  // namespace tdc::driver
