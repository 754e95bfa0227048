#include "driver/initial_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/load.h"
#include "ir/initialize.h"
#include "support/files.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

bool is_stored(const ir::Variable& variable) {
  return variable.kind == ir::VariableKind::parameter || variable.kind == ir::VariableKind::state;
}

bool is_adapter(const ir::Variable& variable) {
  return variable.path.ends_with(".lora_a") || variable.path.ends_with(".lora_b");
}

/// Puts the arrays of a weight file in the place of initial values, all or none.
bool load(const std::string& path, SourceRange range,
          const IdVector<ir::VariableId, ir::Variable>& variables, emit::InitialValues& values,
          Diagnostics& diagnostics) {
  const Result<std::vector<io::Array>> arrays = io::load_weights(path);
  if (!arrays.ok()) {
    for (const std::string& message : arrays.failure().messages)
      diagnostics.report(range, diag::weights_file, message);
    return false;
  }
  bool is_good = true;
  std::vector<std::string> known;
  emit::InitialValues loaded = values;
  for (const ir::VariableId id : variables.ids()) {
    const ir::Variable& variable = variables[id];
    if (!is_stored(variable)) continue;
    known.push_back(variable.path);
    const io::Array* array = io::find_array(arrays.value(), variable.path);
    if (array == nullptr) {
      if (is_adapter(variable)) continue;
      diagnostics.report(range, diag::weights_missing, path, variable.path,
                         ir::to_text(variable.type));
      is_good = false;
      continue;
    }
    if (!io::is_floating(array->type)) {
      diagnostics.report(range, diag::weights_file,
                         fmt::format("`{}`: `{}` holds {}, the net's are f32", path, variable.path,
                                     io::to_text(array->type)));
      is_good = false;
    }
    if (array->dims != variable.type.dims) {
      diagnostics.report(range, diag::weights_shape, path, variable.path,
                         io::dims_to_text(array->dims), ir::to_text(variable.type.dims));
      is_good = false;
      continue;
    }
    loaded[id] = io::to_f32(*array);
    const auto bad = std::find_if(loaded[id].begin(), loaded[id].end(),
                                  [](float element) { return !std::isfinite(element); });
    if (bad != loaded[id].end()) {
      diagnostics.report(range, diag::weights_not_finite, path, variable.path,
                         static_cast<int64_t>(bad - loaded[id].begin()));
      is_good = false;
    }
  }
  for (const io::Array& array : arrays.value()) {
    if (std::find(known.begin(), known.end(), array.name) != known.end()) continue;
    auto report = diagnostics.report(range, diag::weights_extra, path, array.name);
    if (const auto near = nearest(array.name, known)) report.hint(diag::hint_did_you_mean, *near);
    is_good = false;
  }
  if (is_good) values = std::move(loaded);
  return is_good;
}

}  // namespace

std::optional<emit::InitialValues> make_initial_values(
    const IdVector<ir::VariableId, ir::Variable>& variables, const check::Program& program,
    const CompileOptions& options, std::string_view source, Diagnostics& diagnostics) {
  const uint64_t seed =
      options.seed.value_or(program.training ? program.training->seed : uint64_t{0});
  emit::InitialValues values;
  for (const ir::Variable& variable : variables)
    values.push_back(ir::initial_values(variable, seed));
  if (!options.weights.empty()) {
    if (!load(options.weights, {}, variables, values, diagnostics)) return std::nullopt;
  } else if (!program.weights_from.empty()) {
    if (!load(beside(source, program.weights_from), program.weights_origin, variables, values,
              diagnostics))
      return std::nullopt;
  }
  return values;
}

}  // namespace tdc::driver
