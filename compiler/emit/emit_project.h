#pragma once

#include <string>
#include <vector>

#include "emit/model.h"
#include "support/json.h"
#include "support/output_folder.h"

namespace tdc::emit {

/// All files of the output folder: the model, its weights, exactly the kernels that it uses with
/// the headers they include, the runtime, a Makefile, a CMakeLists.txt and `report.json`.
/// Depends on the model only: same model, same bytes.
std::vector<OutputFile> emit_project(const Model& model, const Json& report);

}  // namespace tdc::emit
