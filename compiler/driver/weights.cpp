#include "driver/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "driver/initial_values.h"
#include "driver/session.h"
#include "io/load.h"
#include "runner/progress.h"

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

std::optional<std::vector<io::Array>> read(const std::string& path) {
  Result<std::vector<io::Array>> arrays = io::load_weights(path);
  if (arrays.ok()) return std::move(arrays.value());
  print_failure(arrays.failure());
  return std::nullopt;
}

/// The checked program and the arrays of `--weights` for it; reports what is wrong with either.
struct MergeInput {
  check::Program program;
  std::vector<io::Array> arrays;
};

std::optional<MergeInput> merge_input(Session& session, const CompileOptions& options) {
  Dump no_dump;
  std::optional<check::Program> program =
      check_program(session.files(), session.file(), options, DefaultDeploy::host,
                    session.diagnostics(), no_dump);
  if (!program) return std::nullopt;
  const std::optional<emit::InitialValues> values =
      make_initial_values(program->module.variables, *program, options,
                          session.files().name(session.file()), session.diagnostics());
  if (!values) return std::nullopt;
  MergeInput result = {.program = *std::move(program), .arrays = {}};
  for (const ir::VariableId id : result.program.module.variables.ids()) {
    const ir::Variable& variable = result.program.module.variables[id];
    result.arrays.push_back(io::make_array(variable.path, variable.type.dims, (*values)[id]));
  }
  return result;
}

/// Adapters that the file lacks would start afresh in a run, but leave nothing to merge.
std::vector<std::string> missing_factors(const check::Program& program,
                                         std::span<const io::Array> arrays) {
  std::vector<std::string> missing;
  for (const check::Adapter& adapter : program.adapters)
    for (const ir::VariableId factor : {adapter.factor_a, adapter.factor_b}) {
      const std::string& path = program.module.variables[factor].path;
      if (io::find_array(arrays, path) == nullptr) missing.push_back(path);
    }
  return missing;
}

}  // namespace

std::string weights_table(std::span<const io::Array> arrays) {
  std::vector<std::vector<std::string>> rows = {
      {"path", "shape", "dtype", "count", "min", "max", "norm"}};
  int64_t count = 0;
  for (const io::Array& array : arrays) {
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
    rows.push_back({array.name, io::dims_to_text(array.dims), std::string(io::to_text(array.type)),
                    runner::with_commas(std::ssize(elements)), low, high,
                    fmt::format("{:.6g}", norm(elements))});
    count += std::ssize(elements);
  }
  constexpr size_t kLeftColumns = 3;
  return aligned(rows, kLeftColumns) +
         fmt::format("{} {}, {} elements\n", runner::with_commas(std::ssize(arrays)),
                     arrays.size() == 1 ? "array" : "arrays", runner::with_commas(count));
}

std::vector<ArrayDifference> weights_differences(std::span<const io::Array> first,
                                                 std::span<const io::Array> second) {
  std::vector<ArrayDifference> result;
  for (const io::Array& array : first) {
    const io::Array* other = io::find_array(second, array.name);
    if (other == nullptr) {
      result.push_back({.path = array.name, .mismatch = "only in the first file"});
      continue;
    }
    ArrayDifference row = compare(array, *other);
    if (!row.mismatch.empty() || row.largest > 0) result.push_back(std::move(row));
  }
  for (const io::Array& array : second)
    if (io::find_array(first, array.name) == nullptr)
      result.push_back({.path = array.name, .mismatch = "only in the second file"});
  return result;
}

std::vector<io::Array> merge_adapters(const check::Program& program,
                                      std::span<const io::Array> arrays) {
  const IdVector<ir::VariableId, ir::Variable>& variables = program.module.variables;
  const auto array_of = [&](ir::VariableId id) -> const io::Array& {
    const io::Array* array = io::find_array(arrays, variables[id].path);
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
                                      [&](const check::Adapter& each) { return each.base == id; });
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
  const std::optional<std::vector<io::Array>> arrays = read(command.file);
  if (!arrays) return kProgramIsWrong;
  print(weights_table(*arrays));
  return kSuccess;
}

int diff_weights(const WeightsDiffCommand& command) {
  const std::optional<std::vector<io::Array>> first = read(command.first);
  const std::optional<std::vector<io::Array>> second = read(command.second);
  if (!first || !second) return kProgramIsWrong;
  const std::vector<ArrayDifference> differences = weights_differences(*first, *second);
  if (differences.empty()) {
    print(fmt::format("equal: {} arrays\n", runner::with_commas(std::ssize(*first))));
    return kSuccess;
  }
  std::vector<std::vector<std::string>> rows = {{"path", "max |a - b|", "|a - b| / |a|"}};
  std::string mismatches;
  for (const ArrayDifference& row : differences) {
    if (row.mismatch.empty())
      rows.push_back(
          {row.path, fmt::format("{:.6g}", row.largest), fmt::format("{:.6g}", row.relative)});
    else
      mismatches += fmt::format("{}: {}\n", row.path, row.mismatch);
  }
  if (rows.size() > 1) print(aligned(rows, 1));
  print(mismatches);
  print(fmt::format("{} of {} paths differ\n", runner::with_commas(std::ssize(differences)),
                    runner::with_commas(
                        std::ssize(*first) +
                        std::count_if(second->begin(), second->end(), [&](const io::Array& array) {
                          return io::find_array(*first, array.name) == nullptr;
                        }))));
  return kProgramIsWrong;
}

int merge_weights(const WeightsMergeCommand& command) {
  Session session;
  if (!session.open(command.compile.file)) return kProgramIsWrong;
  const std::optional<MergeInput> input = merge_input(session, command.compile);
  if (const int status = session.finish(); status != kSuccess || !input) return kProgramIsWrong;
  const check::Program& program = input->program;
  if (program.adapters.empty()) {
    print_error(fmt::format("tdc: `{}` attaches no adapters, so there is nothing to merge\n",
                            program.training ? program.training->name : program.net));
    return kProgramIsWrong;
  }
  const std::optional<std::vector<io::Array>> given = read(command.compile.weights);
  if (!given) return kProgramIsWrong;
  const std::vector<std::string> missing = missing_factors(program, *given);
  for (const std::string& path : missing)
    print_error(fmt::format("tdc: `{}` has no `{}` to merge\n", command.compile.weights, path));
  if (!missing.empty()) return kProgramIsWrong;
  if (const Result<Done> saved =
          io::save_weights(command.save, merge_adapters(program, input->arrays));
      !saved.ok()) {
    print_failure(saved.failure());
    return kProgramIsWrong;
  }
  print(fmt::format("merged {} {}; weights in {}\n", program.adapters.size(),
                    program.adapters.size() == 1 ? "adapter" : "adapters", command.save));
  return kSuccess;
}

}  // namespace tdc::driver
