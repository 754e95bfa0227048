#include "driver/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "driver/fold_norms.h"
#include "driver/initial_values.h"
#include "driver/session.h"
#include "io/load.h"
#include "runner/progress.h"
#include "support/check.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

double norm(const std::vector<double>& elements) {
  double sum = 0;
  for (const double element : elements) sum += element * element;
  return std::sqrt(sum);
}

/// Columns as wide as their widest cell, the first `left_columns` flush left, the others right.
std::string aligned(const std::vector<std::vector<std::string>>& rows, size_t left_columns) {
  std::vector<size_t> widths;
  for (const std::vector<std::string>& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += i < left_columns ? fmt::format("{:<{}}  ", row[i], widths[i])
                               : fmt::format("{:>{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

double difference(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return 0;
  const double result = std::abs(a - b);
  return std::isnan(result) ? kInfinity : result;
}

ArrayDifference compare(const io::Array& first, const io::Array& second) {
  ArrayDifference result = {.path = first.name, .mismatch = {}};
  if (first.dims != second.dims) {
    result.mismatch = fmt::format("shape {} in the first file, {} in the second",
                                  io::dims_to_text(first.dims), io::dims_to_text(second.dims));
    return result;
  }
  const std::vector<double> a = io::to_f64(first);
  const std::vector<double> b = io::to_f64(second);
  std::vector<double> differences(a.size());
  std::transform(a.begin(), a.end(), b.begin(), differences.begin(), difference);
  for (const double each : differences) result.largest = std::max(result.largest, each);
  // A norm that is NaN says nothing about how far apart the numbers are.
  if (result.largest > 0) result.relative = norm(differences) / norm(a);
  if (std::isnan(result.relative)) result.relative = kInfinity;
  return result;
}

std::optional<io::ArrayFile> read(const std::string& path) {
  Result<io::ArrayFile> file = io::load_weights(path);
  if (file.ok()) return std::move(file.value());
  print_failure(file.failure());
  return std::nullopt;
}

/// Writes a weight file; false: it says why it cannot.
bool save(const std::string& path, std::span<const io::Array> arrays) {
  const Result<Done> saved = io::save_weights(path, arrays);
  if (!saved.ok()) print_failure(saved.failure());
  return saved.ok();
}

/// What is in a file under one name.
struct Content {
  const io::Array* array = nullptr;
  const io::UnreadEntry* unread = nullptr;
};

/// The contents of a file under their names. An entry that shares the name of an array is left out.
std::map<std::string_view, Content> contents_of(const io::ArrayFile& file) {
  std::map<std::string_view, Content> contents;
  for (const io::Array& array : file.arrays) contents[array.name].array = &array;
  for (const io::UnreadEntry& entry : file.unread)
    contents.try_emplace(entry.name, Content{.unread = &entry});
  return contents;
}

/// The names of a file in its order, arrays before entries.
std::vector<std::string_view> names_of(const io::ArrayFile& file) {
  std::vector<std::string_view> names;
  for (const io::Array& array : file.arrays) names.push_back(array.name);
  for (const io::UnreadEntry& entry : file.unread) names.push_back(entry.name);
  return names;
}

ArrayDifference compare(std::string_view path, const Content& first, const Content& second) {
  if (first.array != nullptr && second.array != nullptr)
    return compare(*first.array, *second.array);
  ArrayDifference result = {.path = std::string(path), .mismatch = {}};
  if (first.array != nullptr || second.array != nullptr)
    result.mismatch = fmt::format("holds no numbers that are read in the {} file",
                                  first.array == nullptr ? "first" : "second");
  else if (first.unread->digest != second.unread->digest)
    result.mismatch = "holds no numbers that are read, and other bytes in the two files";
  return result;
}

/// The checked program and the arrays of `--weights` for it; reports what is wrong with either.
struct NetWithWeights {
  check::Program program;
  std::vector<io::Array> arrays;
};

std::optional<NetWithWeights> net_with_weights(const CompileOptions& options) {
  Session session;
  if (!session.open(options.file)) return std::nullopt;
  Dump none;
  std::optional<check::Program> program = check_program(
      session.files(), session.file(), options, DefaultDeploy::host, session.diagnostics(), none);
  std::optional<emit::InitialValues> values;
  if (program)
    values = make_initial_values(program->module.variables, *program, options,
                                 session.files().name(session.file()), session.diagnostics());
  if (session.finish() != kSuccess || !values) return std::nullopt;
  NetWithWeights result = {.program = *std::move(program), .arrays = {}};
  for (const ir::VariableId id : result.program.module.variables.ids()) {
    const ir::Variable& variable = result.program.module.variables[id];
    result.arrays.push_back(io::make_array(variable.path, variable.type.dims, (*values)[id]));
  }
  return result;
}

/// Adapters that the file lacks would start afresh in a run, but leave nothing to merge.
std::vector<std::string> missing_factors(const check::Program& program,
                                         const io::ArrayIndex& arrays) {
  std::vector<std::string> missing;
  for (const lora::Adapter& adapter : program.adapters)
    for (const ir::VariableId factor : {adapter.factor_a, adapter.factor_b}) {
      const std::string& path = program.module.variables[factor].path;
      if (arrays.find(path) == nullptr) missing.push_back(path);
    }
  return missing;
}

}  // namespace

std::string weights_table(const io::ArrayFile& file) {
  std::vector<std::vector<std::string>> rows = {
      {"path", "shape", "dtype", "count", "min", "max", "norm"}};
  int64_t count = 0;
  for (const io::Array& array : file.arrays) {
    const std::vector<double> elements = io::to_f64(array);
    std::string low = "-";
    std::string high = "-";
    if (!elements.empty()) {
      const bool has_nan = std::any_of(elements.begin(), elements.end(),
                                       [](double each) { return std::isnan(each); });
      const auto [least, most] = std::minmax_element(elements.begin(), elements.end());
      low = fmt::format("{:.6g}", has_nan ? kNan : *least);
      high = fmt::format("{:.6g}", has_nan ? kNan : *most);
    }
    rows.push_back({printable(array.name), io::dims_to_text(array.dims),
                    std::string(io::to_text(array.type)), runner::with_commas(std::ssize(elements)),
                    low, high, fmt::format("{:.6g}", norm(elements))});
    count += std::ssize(elements);
  }
  std::string reasons;
  for (const io::UnreadEntry& entry : file.unread) {
    rows.push_back({printable(entry.name), "-", entry.type.empty() ? "-" : printable(entry.type),
                    "-", "-", "-", "-"});
    reasons += fmt::format("`{}` {}\n", printable(entry.name), printable(entry.reason));
  }
  constexpr size_t kLeftColumns = 3;
  return aligned(rows, kLeftColumns) +
         fmt::format("{} {}, {} elements\n", runner::with_commas(std::ssize(file.arrays)),
                     file.arrays.size() == 1 ? "array" : "arrays", runner::with_commas(count)) +
         reasons;
}

std::vector<ArrayDifference> weights_differences(const io::ArrayFile& first,
                                                 const io::ArrayFile& second) {
  const std::map<std::string_view, Content> in_first = contents_of(first);
  const std::map<std::string_view, Content> in_second = contents_of(second);
  std::vector<ArrayDifference> result;
  for (const std::string_view name : names_of(first)) {
    const auto other = in_second.find(name);
    if (other == in_second.end()) {
      result.push_back({.path = std::string(name), .mismatch = "only in the first file"});
      continue;
    }
    ArrayDifference row = compare(name, in_first.at(name), other->second);
    if (!row.mismatch.empty() || row.largest > 0) result.push_back(std::move(row));
  }
  for (const std::string_view name : names_of(second))
    if (!in_first.contains(name))
      result.push_back({.path = std::string(name), .mismatch = "only in the second file"});
  return result;
}

std::vector<io::Array> merge_adapters(const check::Program& program,
                                      std::span<const io::Array> arrays) {
  const IdVector<ir::VariableId, ir::Variable>& variables = program.module.variables;
  const io::ArrayIndex index(arrays);
  const auto array_of = [&](ir::VariableId id) -> const io::Array& {
    const io::Array* array = index.find(variables[id].path);
    TDC_CHECK(array != nullptr && array->dims == variables[id].type.dims, "no array for `{}`",
              variables[id].path);
    return *array;
  };
  const auto is_factor = [&](ir::VariableId id) {
    return std::any_of(program.adapters.begin(), program.adapters.end(), [&](const auto& adapter) {
      return adapter.factor_a == id || adapter.factor_b == id;
    });
  };
  std::vector<io::Array> merged;
  for (const ir::VariableId id : variables.ids()) {
    if (is_factor(id)) continue;
    const io::Array& base = array_of(id);
    const auto adapter = std::find_if(program.adapters.begin(), program.adapters.end(),
                                      [&](const lora::Adapter& each) { return each.base == id; });
    if (adapter == program.adapters.end()) {
      merged.push_back(base);
      continue;
    }
    const std::vector<double> w = io::to_f64(base);
    const std::vector<double> a = io::to_f64(array_of(adapter->factor_a));  // [rank, in]
    const std::vector<double> b = io::to_f64(array_of(adapter->factor_b));  // [out, rank]
    const auto rank = static_cast<size_t>(variables[adapter->factor_a].type.dims[0]);
    const auto in = static_cast<size_t>(variables[adapter->factor_a].type.dims[1]);
    const auto out = static_cast<size_t>(variables[adapter->factor_b].type.dims[0]);
    std::vector<float> sum(w.size());
    for (size_t row = 0; row < out; ++row)
      for (size_t column = 0; column < in; ++column) {
        double product = 0;
        for (size_t k = 0; k < rank; ++k) product += b[row * rank + k] * a[k * in + column];
        const size_t place = adapter->is_base_out_in ? row * in + column : column * out + row;
        sum[place] = static_cast<float>(w[place] + adapter->scale * product);
      }
    merged.push_back(io::make_array(base.name, base.dims, sum));
  }
  return merged;
}

int show_weights(const WeightsShowCommand& command) {
  const std::optional<io::ArrayFile> file = read(command.file);
  if (!file) return kProgramIsWrong;
  print(weights_table(*file));
  return kSuccess;
}

int diff_weights(const WeightsDiffCommand& command) {
  const std::optional<io::ArrayFile> first = read(command.first);
  const std::optional<io::ArrayFile> second = read(command.second);
  if (!first || !second) return kProgramIsWrong;
  const std::vector<ArrayDifference> differences = weights_differences(*first, *second);
  std::map<std::string_view, Content> all = contents_of(*first);
  all.merge(contents_of(*second));
  const std::string paths = runner::with_commas(std::ssize(all));
  if (differences.empty()) {
    print(fmt::format("equal: {} arrays\n", paths));
    return kSuccess;
  }
  std::vector<std::vector<std::string>> rows = {{"path", "max |a - b|", "|a - b| / |a|"}};
  std::string mismatches;
  for (const ArrayDifference& row : differences) {
    if (row.mismatch.empty())
      rows.push_back({printable(row.path), fmt::format("{:.6g}", row.largest),
                      fmt::format("{:.6g}", row.relative)});
    else
      mismatches += fmt::format("{}: {}\n", printable(row.path), row.mismatch);
  }
  if (rows.size() > 1) print(aligned(rows, 1));
  print(mismatches);
  print(
      fmt::format("{} of {} paths differ\n", runner::with_commas(std::ssize(differences)), paths));
  return kProgramIsWrong;
}

int merge_weights(const WeightsMergeCommand& command) {
  const std::optional<NetWithWeights> input = net_with_weights(command.compile);
  if (!input) return kProgramIsWrong;
  const check::Program& program = input->program;
  if (program.adapters.empty()) {
    print_error(fmt::format("tdc: `{}` attaches no adapters, so there is nothing to merge\n",
                            program.training ? program.training->name : program.net));
    return kProgramIsWrong;
  }
  const std::optional<io::ArrayFile> given = read(command.compile.weights);
  if (!given) return kProgramIsWrong;
  const std::vector<std::string> missing = missing_factors(program, io::ArrayIndex(given->arrays));
  for (const std::string& path : missing)
    print_failure(fail("`{}` has no `{}` to merge", command.compile.weights, path));
  if (!missing.empty()) return kProgramIsWrong;
  if (!save(command.save, merge_adapters(program, input->arrays))) return kProgramIsWrong;
  print(fmt::format("merged {} {}; weights in {}\n", program.adapters.size(),
                    program.adapters.size() == 1 ? "adapter" : "adapters", command.save));
  return kSuccess;
}

int fold_weights(const WeightsFoldCommand& command) {
  const std::optional<NetWithWeights> input = net_with_weights(command.compile);
  if (!input) return kProgramIsWrong;
  const check::Program& program = input->program;
  if (!program.adapters.empty()) {
    print_error(fmt::format("tdc: `{}` attaches adapters: `tdc weights merge` first, then fold\n",
                            program.training->name));
    return kProgramIsWrong;
  }
  const NormsOfNet norms = norms_of(program.module);
  std::string kept;
  for (const KeptNorm& norm : norms.kept)
    kept += fmt::format("kept `{}`: {}\n", norm.path, norm.reason);
  if (norms.foldable.empty()) {
    print_error(kept + fmt::format("tdc: `{}` has no norm over channels that can be folded\n",
                                   program.net));
    return kProgramIsWrong;
  }
  if (!save(command.save, fold_norms(program.module, norms.foldable, input->arrays)))
    return kProgramIsWrong;
  for (const FoldableNorm& norm : norms.foldable)
    print(fmt::format("folded `{}` into `{}`\n", norm.path,
                      program.module.variables[norm.layer_weight].path));
  print(kept + fmt::format("folded {} of {} norms; weights in {}\n", norms.foldable.size(),
                           norms.foldable.size() + norms.kept.size(), command.save));
  return kSuccess;
}

}  // namespace tdc::driver
