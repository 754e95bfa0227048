// Where samples come from, and how the numbers of a data file become the inputs of a net:
//
//   data digits for CCT {
//     train  npz("train.npz")                    // or cifar10("folder"), idx("images", "labels")
//     test   npz("test.npz")
//     mean   [0.49, 0.48, 0.45] as image         // one number, or one per channel
//     std    [0.25, 0.24, 0.26] as image
//   }

#include "check/data.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "support/text.h"

namespace tdc::check {
namespace {

constexpr std::string_view kSourceForms =
    "`npz(\"FILE\")`, `cifar10(\"FOLDER\")` or `idx(\"IMAGES\", \"LABELS\")`";

/// `0.5`, `2` or `-0.5` as it is held at run time; nothing if it is no such number.
std::optional<float> number_of(const ast::Expr& expr) {
  if (const auto* unary = expr.get_if<ast::Unary>();
      unary != nullptr && unary->op == ast::UnaryOperator::kNegate) {
    const std::optional<float> operand = number_of(*unary->operand);
    return operand ? std::optional(-*operand) : std::nullopt;
  }
  const auto* number = expr.get_if<ast::Number>();
  if (number == nullptr || number->unit) return std::nullopt;
  const float value =
      std::visit([](auto written) { return static_cast<float>(written); }, number->value);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

class DataCheck {
 public:
  DataCheck(const ast::Data& data, const ElaboratedNet& net, Reporter& reporter)
      : data_(data), reporter_(reporter) {
    result_.name = data.name.text;
    const ir::Graph* sample = net.module.find_graph(ir::GraphKind::sample);
    if (sample == nullptr) return;
    for (const ir::Input& input : sample->inputs) {
      const ir::TensorType& type = sample->type(input.value);
      if (input.kind != ir::InputKind::sample || type.dtype != ir::DType::f32) continue;
      result_.scalings.push_back({.input = input.name, .mean = {}, .deviation = {}});
      first_axis_.push_back(type.dims.empty() ? 1 : type.dims.front());
    }
  }

  std::optional<Data> run(SourceRange origin) {
    const int errors = reporter_.error_count();
    for (const ast::DataClause& clause : data_.clauses) check(clause);
    if (reporter_.error_count() != errors) return std::nullopt;
    for (InputScaling& scaling : result_.scalings) {
      if (scaling.mean.empty()) scaling.mean = {0.0F};
      if (scaling.deviation.empty()) scaling.deviation = {1.0F};
      const size_t channels = std::max(scaling.mean.size(), scaling.deviation.size());
      if (scaling.mean.size() < channels) scaling.mean.resize(channels, scaling.mean[0]);
      if (scaling.deviation.size() < channels)
        scaling.deviation.resize(channels, scaling.deviation[0]);
    }
    result_.origin = origin;
    return result_;
  }

 private:
  void check(const ast::DataClause& clause) {
    const std::string& word = clause.word.text;
    if (word == "train" || word == "test") {
      add_source(clause, word == "train" ? result_.train : result_.test);
    } else if (word == "mean" || word == "std") {
      add_scaling(clause);
    } else {
      reporter_.report(clause.word.range, diag::unknown_word, "a `data` line", word)
          .suggest(nearest(word, {"mean", "std", "test", "train"}));
    }
  }

  /// Whether it is the first of its kind.
  bool is_first(const ast::DataClause& clause, const std::string& key) {
    if (seen_.insert(key).second) return true;
    reporter_.report(clause.word.range, diag::duplicate_clause, key);
    return false;
  }

  void add_source(const ast::DataClause& clause, std::optional<io::DataSource>& source) {
    if (!is_first(clause, clause.word.text)) return;
    if (clause.as) {
      reporter_.report(clause.as->range, diag::data_line, clause.word.text,
                       "a source alone; its arrays have the names of the inputs and targets");
      return;
    }
    const auto* call = clause.source->get_if<ast::Call>();
    const auto& kinds = io::data_source_kinds();
    const auto kind = call == nullptr ? kinds.end() : kinds.find(call->callee.text);
    std::vector<std::string> paths;
    if (kind != kinds.end())
      for (const ast::Argument& argument : call->arguments)
        if (const auto* path = argument.value->get_if<ast::String>();
            path != nullptr && !path->value.empty() && !argument.label)
          paths.push_back(path->value);
    if (kind == kinds.end() || paths.size() != kind->second ||
        call->arguments.size() != kind->second) {
      reporter_.report(clause.source->range, diag::data_line, clause.word.text,
                       std::string(kSourceForms));
      return;
    }
    source = io::DataSource{.kind = kind->first, .paths = std::move(paths)};
  }

  /// What an input's numbers are scaled by (data-2).
  void add_scaling(const ast::DataClause& clause) {
    const std::string& word = clause.word.text;
    const std::optional<size_t> index = find_input(clause);
    if (!index) return;
    InputScaling& scaling = result_.scalings[*index];
    if (!is_first(clause, word + " as " + scaling.input)) return;
    std::vector<const ast::Expr*> elements = {clause.source.get()};
    const auto* list = clause.source->get_if<ast::List>();
    if (list != nullptr) {
      elements.clear();
      for (const ast::ExprPtr& element : list->elements) elements.push_back(element.get());
      if (std::ssize(elements) != first_axis_[*index]) {
        reporter_.report(clause.source->range, diag::data_channels, word, std::ssize(elements),
                         scaling.input, first_axis_[*index]);
        return;
      }
    }
    std::vector<float>& numbers = word == "mean" ? scaling.mean : scaling.deviation;
    for (const ast::Expr* element : elements) {
      const std::optional<float> number = number_of(*element);
      if (!number) {
        reporter_.report(element->range, diag::data_line, word, "a number or a list of numbers");
        return;
      }
      if (word == "std" && *number <= 0) {
        reporter_.report(element->range, diag::data_deviation);
        return;
      }
      numbers.push_back(*number);
    }
  }

  /// Which input the line scales: the one it names, or the only one there is.
  std::optional<size_t> find_input(const ast::DataClause& clause) {
    std::vector<std::string> names;
    for (const InputScaling& scaling : result_.scalings) names.push_back(scaling.input);
    if (!clause.as && names.size() == 1) return size_t{0};
    if (!clause.as) {
      reporter_.report(clause.range, diag::data_line, clause.word.text,
                       "`as INPUT` where the net has not exactly one f32 input");
      return std::nullopt;
    }
    const auto found = std::find(names.begin(), names.end(), clause.as->text);
    if (found != names.end()) return static_cast<size_t>(found - names.begin());
    reporter_.report(clause.as->range, diag::data_input, data_.net.text, clause.as->text)
        .suggest(nearest(clause.as->text, names));
    return std::nullopt;
  }

  const ast::Data& data_;
  Reporter& reporter_;
  Data result_;
  std::vector<int64_t> first_axis_;  // of the input of each scaling
  std::set<std::string> seen_;
};

}  // namespace

std::optional<Data> check_data(const ast::Data& data, SourceRange origin, const ElaboratedNet& net,
                               Reporter& reporter) {
  return DataCheck(data, net, reporter).run(origin);
}

}  // namespace tdc::check
