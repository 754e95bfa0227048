// A train block, clause by clause. Clauses may stand in any order; selection lines apply in theirs.

#include "check/train.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "check/definitions.h"
#include "check/elaborate.h"
#include "check/selection.h"
#include "check/shapes.h"
#include "check/static_math.h"
#include "support/text.h"

namespace tdc::check {
namespace {

struct PlacedClause {
  const ast::TrainClause* clause;
  const ast::Train* owner;
};

/// What may stand once in a train block; a block that extends another replaces it.
std::string once_key(const ast::TrainClause& clause) {
  if (const auto* target = std::get_if<ast::TargetClause>(&clause.kind))
    return "target " + target->name.text;
  if (std::holds_alternative<ast::LossClause>(clause.kind)) return "loss";
  if (std::holds_alternative<ast::OptimizerClause>(clause.kind)) return "optimizer";
  if (std::holds_alternative<ast::ScheduleClause>(clause.kind)) return "schedule";
  if (std::holds_alternative<ast::BatchClause>(clause.kind)) return "batch";
  if (std::holds_alternative<ast::ClipClause>(clause.kind)) return "clip";
  if (std::holds_alternative<ast::SeedClause>(clause.kind)) return "seed";
  if (std::holds_alternative<ast::Weights>(clause.kind)) return "weights";
  return {};
}

class TrainCheck {
 public:
  TrainCheck(const ast::Train& train, SourceRange origin, const FileScope& file,
             const Library& library, Reporter& reporter,
             const std::set<const ast::Block*>& recursive, ElaboratedNet net)
      : train_(train),
        file_(file),
        library_(library),
        reporter_(reporter),
        net_(std::move(net)),
        statics_net_{.file = &file},
        tensors_(library, reporter, recursive, net_),
        statics_(library, reporter, recursive, statics_net_) {
    result_.training.name = train.name.text;
    result_.training.origin = origin;
  }

  std::optional<TrainedNet> run() {
    errors_ = reporter_.error_count();
    if (!collect(train_)) return std::nullopt;
    declare_names();
    const int errors = reporter_.error_count();
    check_loss();
    // What is wrong with a target in the loss is wrong with it in the metrics.
    if (reporter_.error_count() != errors)
      for (const ast::Name& target : targets_) tensors_.poison(target);
    for (const PlacedClause& each : clauses_)
      if (const auto* metric = std::get_if<ast::MetricClause>(&each.clause->kind))
        check_metric(*metric);
    if (has_loss_) report_unused_targets();
    for (const PlacedClause& each : clauses_) check_setting(*each.clause);
    if (!has_optimizer_)
      reporter_.report(train_.name.range, diag::train_without, train_.name.text, "optimizer")
          .hint(diag::hint_optimizer);
    if (net_.is_sound) {
      select();
      check_batch_size();
      count_parameters();
      for (const PlacedClause& each : clauses_)
        if (const auto* assertion = std::get_if<ast::Assertion>(&each.clause->kind))
          check_assertion(*assertion, each.clause->range);
    }
    if (!net_.is_sound || reporter_.error_count() != errors_) return std::nullopt;
    result_.module = std::move(net_.module);
    return std::move(result_);
  }

 private:
  /// The clauses of a block after those of the block it extends (learn-2).
  bool collect(const ast::Train& train) {
    std::vector<const ast::Train*> chain = {&train};
    while (chain.back()->extends) {
      const ast::Train& last = *chain.back();
      const auto base = lookup(file_, &FileScope::trains, last.base.text);
      if (!base) {
        report_missing(diag::unknown_train, last.base, library_of_train(last.base.text),
                       visible_names(file_, &FileScope::trains), reporter_);
        return false;
      }
      if (std::find(chain.begin(), chain.end(), base.declaration) != chain.end()) {
        reporter_.report(last.base.range, diag::extends_circle, last.name.text);
        return false;
      }
      chain.push_back(base.declaration);
    }
    for (auto block = chain.rbegin(); block != chain.rend(); ++block)
      for (const ast::TrainClause& clause : (*block)->clauses) add(clause, **block);
    return true;
  }

  void add(const ast::TrainClause& clause, const ast::Train& owner) {
    const std::string key = once_key(clause);
    if (!key.empty()) {
      const auto [position, is_new] = once_.emplace(key, clauses_.size());
      if (!is_new) {
        PlacedClause& known = clauses_[position->second];
        if (known.owner == &owner)
          reporter_.report(clause.word, diag::duplicate_clause, key)
              .note(known.clause->word, diag::note_first_here, key);
        else
          known = {&clause, &owner};
        return;
      }
    }
    clauses_.push_back({&clause, &owner});
  }

  // ---- the graph ----

  void declare_names() {
    for (const auto& [name, value] : net_.names) tensors_.define({name, {}}, value);
    for (const PlacedClause& each : clauses_) {
      const auto* target = std::get_if<ast::TargetClause>(&each.clause->kind);
      if (target == nullptr) continue;
      if (net_.names.contains(target->name.text)) {
        reporter_.report(target->name.range, diag::duplicate_name, target->name.text)
            .note(net_.net->name.range, diag::note_declared_here, net_.net->name.text);
        continue;
      }
      if (check_type_form(target->type, reporter_))
        tensors_.add_target(target->name, target->type);
      else
        tensors_.define(target->name, {});
      targets_.push_back(target->name);
    }
    tensors_.builder().set_phase(ir::Phase::loss);
  }

  /// The value if it is one scalar per sample (learn-1).
  [[nodiscard]] std::optional<ir::ValueId> scalar(const Value& value) const {
    const auto* tensor = value.get_if<TensorValue>();
    if (tensor == nullptr || net_.module.graphs.front().type(tensor->id) != ir::TensorType{})
      return std::nullopt;
    return tensor->id;
  }

  /// The one or two scalars of a metric (learn-8); none: reported.
  std::vector<ir::ValueId> metric_values(const ast::Expr& expr) {
    const Value value = tensors_.evaluate(expr);
    if (value.has_error()) return {};
    if (const auto single = scalar(value)) return {*single};
    if (const auto* pair = value.get_if<TupleValue>(); pair != nullptr && pair->items.size() == 2) {
      const auto dividend = scalar(pair->items[0]);
      const auto divisor = scalar(pair->items[1]);
      if (dividend && divisor) return {*dividend, *divisor};
    }
    reporter_.report(expr.range, diag::not_metric, describe(value, net_.module.graphs.front()));
    return {};
  }

  void check_loss() {
    const ast::LossClause* loss = nullptr;
    for (const PlacedClause& each : clauses_) {
      const auto* clause = std::get_if<ast::LossClause>(&each.clause->kind);
      if (clause == nullptr) continue;
      loss = clause;
      has_loss_ = true;
      metrics_.emplace("loss", each.clause->word);  // runs print it among the metrics
    }
    if (loss == nullptr) {
      reporter_.report(train_.name.range, diag::train_without, train_.name.text, "loss")
          .hint(diag::hint_loss);
      return;
    }
    const Value value = tensors_.evaluate(*loss->value);
    ir::Graph& graph = net_.module.graphs.front();
    if (const auto loss_value = scalar(value))
      graph.outputs.push_back({"loss", ir::OutputKind::loss, *loss_value});
    else if (!value.has_error())
      reporter_.report(loss->value->range, diag::not_scalar, describe(value, graph));
  }

  void check_metric(const ast::MetricClause& metric) {
    const std::vector<ir::ValueId> values = metric_values(*metric.value);
    std::optional<ast::Name> name = metric.name;
    if (!name) {
      if (const auto* call = metric.value->get_if<ast::Call>()) name = call->callee;
      if (const auto* pipe = metric.value->get_if<ast::Pipe>()) name = pipe->call.callee;
    }
    if (!name) {
      reporter_.report(metric.value->range, diag::metric_name);
      return;
    }
    const auto [first, is_new] = metrics_.emplace(name->text, name->range);
    if (!is_new) {
      reporter_.report(name->range, diag::duplicate_name, name->text)
          .note(first->second, diag::note_first_here, name->text);
      return;
    }
    std::vector<ir::Output>& outputs = net_.module.graphs.front().outputs;
    ir::OutputKind kind = ir::OutputKind::metric;
    for (const ir::ValueId value : values) {
      outputs.push_back({name->text, kind, value});
      kind = ir::OutputKind::divisor;
    }
  }

  void report_unused_targets() {
    for (const ast::Name& target : targets_)
      if (!tensors_.used_names().contains(target.text))
        reporter_.report(target.range, diag::unused_target, target.text);
  }

  // ---- numbers ----

  void check_setting(const ast::TrainClause& clause) {
    if (const auto* optimizer = std::get_if<ast::OptimizerClause>(&clause.kind)) {
      has_optimizer_ = true;
      check_optimizer(*optimizer->value);
    } else if (const auto* schedule = std::get_if<ast::ScheduleClause>(&clause.kind)) {
      check_schedule(*schedule->value);
    } else if (const auto* batch = std::get_if<ast::BatchClause>(&clause.kind)) {
      result_.training.batch = count(batch->samples, "batch");
      if (batch->accumulate) result_.training.accumulate = count(*batch->accumulate, "accumulate");
    } else if (const auto* seed = std::get_if<ast::SeedClause>(&clause.kind)) {
      if (const auto* value = std::get_if<int64_t>(&seed->value.value); value && !seed->value.unit)
        result_.training.seed = static_cast<uint64_t>(*value);
      else
        reporter_.report(seed->value.range, diag::whole_number, "seed", int64_t{0});
    } else if (const auto* weights = std::get_if<ast::Weights>(&clause.kind)) {
      if (!weights->map.empty())
        reporter_.report(weights->map.front().range, diag::not_yet, "a map of weight names");
      result_.weights_from = weights->file.value;
      result_.weights_origin = weights->file.range;
    } else if (std::holds_alternative<ast::ClipClause>(clause.kind)) {
      reporter_.report(clause.word, diag::not_yet, "`clip`");
    } else if (std::holds_alternative<ast::QuantizeClause>(clause.kind)) {
      reporter_.report(clause.word, diag::not_yet, "`quantize`");
    }
  }

  int64_t count(const ast::Number& number, const std::string& what) {
    const auto* value = std::get_if<int64_t>(&number.value);
    if (value != nullptr && *value >= 1 && *value <= kElementLimit && !number.unit) return *value;
    reporter_.report(number.range, diag::whole_number, what, int64_t{1});
    return 1;
  }

  /// The arguments of `sgd(lr: 0.1)` or `cosine(steps: 100)` by name. Positional ones are reported.
  struct Options {
    const ast::Name* name = nullptr;
    std::vector<const ast::Argument*> arguments;

    [[nodiscard]] const ast::Argument* find(std::string_view label) const {
      for (const ast::Argument* argument : arguments)
        if (argument->label->text == label) return argument;
      return nullptr;
    }
  };

  std::optional<Options> options(const ast::Expr& expr, const std::string& clause,
                                 const std::vector<std::string>& words) {
    const auto* call = expr.get_if<ast::Call>();
    Options result;
    result.name = call != nullptr ? &call->callee : expr.get_if<ast::Name>();
    if (result.name == nullptr || (call != nullptr && call->path)) {
      reporter_.report(expr.range, diag::clause_form, clause, join_words(words, "or"));
      return std::nullopt;
    }
    if (call == nullptr) return result;
    bool is_sound = true;
    for (const ast::Argument& argument : call->arguments) {
      if (!argument.label) {
        reporter_.report(argument.range, diag::option_label, result.name->text);
        is_sound = false;
      } else if (result.find(argument.label->text) != nullptr) {
        reporter_.report(argument.range, diag::argument_twice, argument.label->text);
        is_sound = false;
      } else {
        result.arguments.push_back(&argument);
      }
    }
    return is_sound ? std::optional(result) : std::nullopt;
  }

  void check_labels(const Options& options, const std::vector<std::string>& known) {
    for (const ast::Argument* argument : options.arguments)
      if (std::find(known.begin(), known.end(), argument->label->text) == known.end())
        reporter_
            .report(argument->label->range, diag::unknown_argument, options.name->text,
                    argument->label->text)
            .suggest(nearest(argument->label->text, known));
  }

  void check_optimizer(const ast::Expr& expr) {
    static const std::vector<std::string> later = {"adam", "adamw", "rmsprop"};
    static const std::vector<std::string> later_options = {"decay", "momentum", "nesterov"};
    const auto given = options(expr, "optimizer", {"sgd(lr: ..)"});
    if (!given) return;
    const std::string& name = given->name->text;
    if (std::find(later.begin(), later.end(), name) != later.end()) {
      reporter_.report(given->name->range, diag::not_yet, "the optimizer `" + name + "`")
          .hint(diag::hint_did_you_mean, "sgd");
      return;
    }
    if (name != "sgd") {
      std::vector<std::string> words = later;
      words.emplace_back("sgd");
      reporter_.report(given->name->range, diag::unknown_word, "an optimizer", name)
          .suggest(nearest(name, words));
      return;
    }
    for (const ast::Argument* argument : given->arguments)
      if (std::find(later_options.begin(), later_options.end(), argument->label->text) !=
          later_options.end()) {
        reporter_.report(argument->label->range, diag::not_yet,
                         "`" + argument->label->text + "` of `sgd`");
        return;
      }
    check_labels(*given, {"lr"});
    const ast::Argument* rate = given->find("lr");
    if (rate == nullptr) {
      if (given->arguments.empty())
        reporter_.report(given->name->range, diag::missing_argument, name, "lr");
      return;
    }
    const std::optional<double> value = statics_.static_number(*rate->value);
    if (!value || !statics_.is_f32(*value, rate->value->range)) return;
    if (static_cast<float>(*value) <= 0)
      reporter_.report(rate->value->range, diag::option_range, "lr", "greater than 0");
    result_.training.optimizer = {.kind = name, .learning_rate = *value};
  }

  /// learn-4
  void check_schedule(const ast::Expr& expr) {
    using Kind = interface::LearningRateSchedule::Kind;
    static const std::vector<std::string> words = {"constant", "cosine", "linear"};
    const auto given = options(expr, "schedule", words);
    if (!given) return;
    interface::LearningRateSchedule schedule;
    const std::string& name = given->name->text;
    if (std::find(words.begin(), words.end(), name) == words.end()) {
      reporter_.report(given->name->range, diag::unknown_word, "a schedule", name)
          .suggest(nearest(name, words));
      return;
    }
    schedule.kind = name == "constant" ? Kind::constant
                    : name == "linear" ? Kind::linear
                                       : Kind::cosine;
    const bool falls = schedule.kind != Kind::constant;
    check_labels(*given, falls ? std::vector<std::string>{"steps", "warmup", "final"}
                               : std::vector<std::string>{"warmup"});
    const auto steps = [&](std::string_view label, int64_t least) -> int64_t {
      const ast::Argument* argument = given->find(label);
      if (argument == nullptr) return 0;
      const std::optional<double> value = statics_.static_number(*argument->value);
      if (!value) return 0;
      if (*value < static_cast<double>(least) || *value != std::floor(*value))
        reporter_.report(argument->value->range, diag::whole_number, std::string(label), least);
      else if (*value > UINT32_MAX)  // updates are counted in 32 bits
        reporter_.report(argument->value->range, diag::option_range, std::string(label),
                         fmt::format("at most {}", UINT32_MAX));
      else
        return static_cast<int64_t>(*value);
      return 0;
    };
    schedule.warmup_steps = steps("warmup", 0);
    if (falls) {
      schedule.total_steps = steps("steps", 1);
      if (given->find("steps") == nullptr)
        reporter_.report(given->name->range, diag::missing_argument, name, "steps");
      else if (schedule.total_steps > 0 && schedule.warmup_steps >= schedule.total_steps)
        reporter_.report(given->find("warmup")->value->range, diag::option_range, "warmup",
                         "less than `steps`");
      if (const ast::Argument* argument = given->find("final")) {
        const std::optional<double> value = statics_.static_number(*argument->value);
        if (value && (*value < 0 || *value > 1))
          reporter_.report(argument->value->range, diag::option_range, "final", "from 0 to 1");
        schedule.final_factor = value.value_or(0);
      }
    }
    result_.training.schedule = schedule;
  }

  void check_batch_size() {
    for (const PlacedClause& each : clauses_) {
      const auto* batch = std::get_if<ast::BatchClause>(&each.clause->kind);
      if (batch == nullptr) continue;
      int64_t largest = 1;
      for (const ir::Value& value : net_.module.graphs.front().values)
        largest = std::max(largest, ir::element_count(value.type));
      if (result_.training.batch > kElementLimit / largest)
        reporter_.report(batch->samples.range, diag::batch_too_large, result_.training.batch,
                         largest, kElementLimit);
    }
  }

  // ---- selections ----

  /// Line by line, so that later ones win; what no line matches trains (match-2).
  void select() {
    SelectionCheck selection(net_, statics_, library_, reporter_);
    for (const PlacedClause& each : clauses_)
      if (const auto* line = std::get_if<ast::SelectClause>(&each.clause->kind))
        selection.apply(*line, *each.clause);
    selection.finish();
    const auto& variables = net_.module.variables;
    if (reporter_.error_count() == errors_ &&
        std::none_of(variables.begin(), variables.end(),
                     [](const ir::Variable& each) { return each.is_trained; }))
      reporter_.report(train_.name.range, diag::nothing_trained, train_.name.text);
    result_.selection = selection.rows();
    result_.adapters = selection.adapters();
  }

  [[nodiscard]] std::string source(SourceRange range) const {
    return std::string(library_.sources().text(range));
  }

  // ---- assertions (learn-5) ----

  void count_parameters() {
    std::map<std::string, int64_t> counts = {
        {"all", 0}, {"frozen", 0}, {"states", 0}, {"trainable", 0}};
    for (const ir::Variable& variable : net_.module.variables) {
      const int64_t scalars = ir::element_count(variable.type);
      if (variable.kind == ir::VariableKind::state) {
        counts["states"] += scalars;
        continue;
      }
      counts["all"] += scalars;
      counts[variable.is_trained ? "trainable" : "frozen"] += scalars;
    }
    statics_.set_parameter_counts(std::move(counts));
  }

  void check_assertion(const ast::Assertion& assertion, SourceRange range) {
    if (assertion.word == ast::Assertion::Word::kExpect) {
      reporter_.report(range, diag::not_yet, "`expect`");
      return;
    }
    const Value holds = statics_.evaluate(*assertion.condition);
    const auto* truth = holds.get_if<bool>();
    if (truth == nullptr) {
      if (!holds.has_error())
        reporter_.report(assertion.condition->range, diag::wrong_kind, "a bool",
                         describe(holds, statics_net_.module.graphs.front()));
      return;
    }
    if (*truth) return;
    const auto* sides = assertion.condition->get_if<ast::Binary>();
    if (sides == nullptr || sides->op == ast::BinaryOperator::kAnd ||
        sides->op == ast::BinaryOperator::kOr) {
      reporter_.report(assertion.condition->range, diag::assertion,
                       source(assertion.condition->range));
      return;
    }
    reporter_.report(assertion.condition->range, diag::assertion_values,
                     source(assertion.condition->range), to_text(statics_.evaluate(*sides->left)),
                     std::string(to_text(sides->op)), to_text(statics_.evaluate(*sides->right)));
  }

  const ast::Train& train_;
  const FileScope& file_;
  const Library& library_;
  Reporter& reporter_;
  ElaboratedNet net_;
  ElaboratedNet statics_net_;
  OuterExpressions tensors_;  // over the net's graph
  OuterExpressions statics_;  // for settings, which hold no tensors
  TrainedNet result_;
  std::vector<PlacedClause> clauses_;
  std::map<std::string, size_t> once_;  // where in `clauses_` the one is, by its key
  std::vector<ast::Name> targets_;
  std::map<std::string, SourceRange> metrics_;
  bool has_loss_ = false;
  bool has_optimizer_ = false;
  int errors_ = 0;  // reported before this block
};

}  // namespace

std::optional<TrainedNet> apply_train(const ast::Train& train, SourceRange origin,
                                      const FileScope& file, const Library& library,
                                      Reporter& reporter,
                                      const std::set<const ast::Block*>& recursive,
                                      ElaboratedNet net) {
  return TrainCheck(train, origin, file, library, reporter, recursive, std::move(net)).run();
}

}  // namespace tdc::check
