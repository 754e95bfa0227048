#include "driver/initial_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "io/load.h"
#include "ir/initialize.h"
#include "support/files.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

bool is_stored(const ir::Variable& variable) {
  return variable.kind == ir::VariableKind::parameter || variable.kind == ir::VariableKind::state;
}

bool is_adapter(std::string_view path) {
  return path.ends_with(".lora_a") || path.ends_with(".lora_b");
}

/// Arrays that are no parameter or state of the net.
std::vector<const io::Array*> spare_arrays(
    std::span<const io::Array> arrays, const IdVector<ir::VariableId, ir::Variable>& variables) {
  std::set<std::string_view> known;
  for (const ir::Variable& variable : variables)
    if (is_stored(variable)) known.insert(variable.path);
  std::vector<const io::Array*> spare;
  for (const io::Array& array : arrays)
    if (!known.contains(array.name)) spare.push_back(&array);
  return spare;
}

std::vector<std::string> names_of(std::span<const io::Array* const> arrays) {
  std::vector<std::string> names;
  for (const io::Array* array : arrays) names.push_back(array->name);
  return names;
}

/// Says what of a file nobody asked for. Only adapters are a mistake: without them the other
/// weights mean something else. False if there was one.
bool report_spare(const std::string& path, SourceRange range,
                  std::span<const io::Array* const> spare, Diagnostics& diagnostics) {
  bool is_good = true;
  std::vector<std::string> unused;
  for (const io::Array* array : spare) {
    if (!is_adapter(array->name)) {
      unused.push_back("`" + array->name + "`");
      continue;
    }
    diagnostics.report(range, diag::weights_extra, path, array->name)
        .hint(diag::hint_weights_extra);
    is_good = false;
  }
  constexpr size_t kNamed = 4;
  if (unused.size() > kNamed) {
    const size_t more = unused.size() - kNamed + 1;
    unused.resize(kNamed - 1);
    unused.push_back(fmt::format("{} more", more));
  }
  if (!unused.empty())
    diagnostics.report(range, diag::weights_unused, path, join_words(unused, "and"));
  return is_good;
}

/// Puts the arrays of a weight file in the place of initial values, all or none.
bool load(const std::string& path, SourceRange range,
          const IdVector<ir::VariableId, ir::Variable>& variables, emit::InitialValues& values,
          Diagnostics& diagnostics) {
  const Result<io::ArrayFile> file = io::load_weights(path);
  if (!file.ok()) {
    for (const std::string& message : file.failure().messages)
      diagnostics.report(range, diag::weights_file, message);
    return false;
  }
  const io::ArrayIndex arrays(file.value().arrays);
  const std::vector<const io::Array*> spare = spare_arrays(file.value().arrays, variables);
  // Looking for what is near in more than these takes longer than anybody waits.
  constexpr size_t kLookedThrough = 1000;
  const std::vector<std::string> spare_names =
      spare.size() > kLookedThrough ? std::vector<std::string>() : names_of(spare);
  bool is_good = report_spare(path, range, spare, diagnostics);
  emit::InitialValues loaded = values;
  for (const ir::VariableId id : variables.ids()) {
    const ir::Variable& variable = variables[id];
    if (!is_stored(variable)) continue;
    const io::Array* array = arrays.find(variable.path);
    if (array == nullptr) {
      const io::UnreadEntry* unread = io::find_unread(file.value().unread, variable.path);
      if (unread == nullptr && is_adapter(variable.path)) continue;
      is_good = false;
      if (unread != nullptr) {
        diagnostics.report(range, diag::weights_file,
                           fmt::format("`{}`: `{}` {}", path, variable.path, unread->reason));
        continue;
      }
      auto report = diagnostics.report(range, diag::weights_missing, path, variable.path,
                                       ir::to_text(variable.type));
      if (const auto near = nearest(variable.path, spare_names))
        report.hint(diag::hint_did_you_mean, *near);
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
