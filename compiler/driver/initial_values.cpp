#include "driver/initial_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "io/load.h"
#include "ir/initialize.h"
#include "support/files.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

bool is_stored(const ir::Variable& variable) {
  return variable.kind != ir::VariableKind::accumulator;
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

/// Whether the file has the statistics of a norm of which the net has the bias only.
bool has_unfolded_norm(std::span<const io::Array* const> spare,
                       const IdVector<ir::VariableId, ir::Variable>& variables) {
  std::set<std::string> biases;
  for (const ir::Variable& variable : variables)
    if (variable.path.ends_with(".bias")) biases.insert(variable.path);
  constexpr std::string_view kMean = ".running_mean";
  return std::any_of(spare.begin(), spare.end(), [&](const io::Array* array) {
    const std::string& name = array->name;
    return name.ends_with(kMean) &&
           biases.contains(name.substr(0, name.size() - kMean.size()) + ".bias");
  });
}

/// Says what of a file nobody asked for. Only adapters are a mistake: without them the other
/// weights mean something else. False if there was one.
bool report_spare(const std::string& path, SourceRange range,
                  std::span<const io::Array* const> spare,
                  const IdVector<ir::VariableId, ir::Variable>& variables,
                  Diagnostics& diagnostics) {
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
  if (unused.empty()) return is_good;
  auto report = diagnostics.report(range, diag::weights_unused, path, join_words(unused, "and"));
  if (has_unfolded_norm(spare, variables)) report.hint(diag::hint_weights_fold);
  return is_good;
}

/// The weight file of a program, and the place that names it.
struct WeightFile {
  std::string path;
  SourceRange range;  ///< not valid: the command line names it
};

/// What the program starts from; null: from its initialisers.
std::optional<WeightFile> weight_file(const check::Program& program, const std::string& option,
                                      std::string_view source) {
  if (!option.empty()) return WeightFile{.path = option, .range = {}};
  if (program.weights_from.empty()) return std::nullopt;
  return WeightFile{.path = beside(source, program.weights_from), .range = program.weights_origin};
}

using LoadedValues = std::map<ir::VariableId, std::vector<float>>;

/// What counts on from a random start, such as the step of a dropout: no knowledge, and not in the
/// files of other programs (name-5).
bool is_random_state(const ir::Variable& variable) {
  return variable.kind == ir::VariableKind::state &&
         variable.init.kind != ir::Initializer::Kind::constant;
}

/// The elements of all variables that the file has. Null: reported, all that is wrong at once.
std::optional<LoadedValues> load(const WeightFile& weights,
                                 const IdVector<ir::VariableId, ir::Variable>& variables,
                                 Diagnostics& diagnostics) {
  const auto& [path, range] = weights;
  const Result<io::ArrayFile> file = io::load_weights(path);
  if (!file.ok()) {
    for (const std::string& message : file.failure().messages)
      diagnostics.report(range, diag::weights_file, message);
    return std::nullopt;
  }
  const io::ArrayIndex arrays(file.value().arrays);
  const std::vector<const io::Array*> spare = spare_arrays(file.value().arrays, variables);
  // Looking for what is near in more than these takes longer than anybody waits.
  constexpr size_t kLookedThrough = 1000;
  const std::vector<std::string> spare_names =
      spare.size() > kLookedThrough ? std::vector<std::string>() : names_of(spare);
  bool is_good = report_spare(path, range, spare, variables, diagnostics);
  LoadedValues loaded;
  for (const ir::VariableId id : variables.ids()) {
    const ir::Variable& variable = variables[id];
    if (!is_stored(variable)) continue;
    const io::Array* array = arrays.find(variable.path);
    if (array == nullptr) {
      const io::UnreadEntry* unread = io::find_unread(file.value().unread, variable.path);
      if (unread == nullptr && (is_adapter(variable.path) || is_random_state(variable))) continue;
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
    std::vector<float>& elements = loaded[id];
    elements = io::to_f32(*array);
    const auto bad = std::find_if(elements.begin(), elements.end(),
                                  [](float element) { return !std::isfinite(element); });
    if (bad != elements.end()) {
      diagnostics.report(range, diag::weights_not_finite, path, variable.path,
                         static_cast<int64_t>(bad - elements.begin()));
      is_good = false;
    }
  }
  return is_good ? std::optional(std::move(loaded)) : std::nullopt;
}

}  // namespace

std::optional<emit::InitialValues> make_initial_values(
    const IdVector<ir::VariableId, ir::Variable>& variables, const check::Program& program,
    const CompileOptions& options, std::string_view source, Diagnostics& diagnostics) {
  const uint64_t seed =
      options.seed.value_or(program.training ? program.training->seed : uint64_t{0});
  LoadedValues loaded;
  if (const std::optional<WeightFile> file = weight_file(program, options.weights, source)) {
    std::optional<LoadedValues> found = load(*file, variables, diagnostics);
    if (!found) return std::nullopt;
    loaded = *std::move(found);
  }
  emit::InitialValues values;
  for (const ir::VariableId id : variables.ids()) {
    const auto known = loaded.find(id);
    values.push_back(known == loaded.end() ? ir::initial_values(variables[id], seed)
                                           : std::move(known->second));
  }
  return values;
}

void check_weights(const check::Program& program, const std::string& option,
                   std::string_view source, Diagnostics& diagnostics) {
  if (const std::optional<WeightFile> file = weight_file(program, option, source))
    static_cast<void>(load(*file, program.module.variables, diagnostics));
}

}  // namespace tdc::driver
