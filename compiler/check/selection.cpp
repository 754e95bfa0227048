// Selection lines: which parameters train, and which matrices have adapters.

#include "check/selection.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "check/selectors.h"
#include "support/text.h"

namespace tdc::check {

SelectionCheck::SelectionCheck(ElaboratedNet& net, OuterExpressions& statics,
                               const Library& library, Reporter& reporter)
    : net_(net), statics_(statics), library_(library), reporter_(reporter) {
  for (const ir::VariableId id : net_.module.variables.ids()) {
    ir::Variable& variable = net_.module.variables[id];
    variable.is_trained = variable.kind == ir::VariableKind::parameter;
    index_variable(id);
  }
  for (const CallRecord& call : net_.calls) calls_.add(call.path);
}

void SelectionCheck::apply(const ast::SelectClause& line, const ast::TrainClause& clause) {
  if (line.word == ast::SelectClause::Word::kLora)
    add_adapters(line, clause);
  else
    select_parameters(line, clause);
}

void SelectionCheck::finish() {
  for (const lora::Adapter& adapter : adapters_) {
    const ir::Variable& base = net_.module.variables[adapter.base];
    if (base.is_trained)
      reporter_.report(adapted_.at(adapter.base), diag::lora_base_trains, base.path)
          .hint(diag::hint_freeze, base.path);
  }
}

std::string SelectionCheck::source(SourceRange range) const {
  return std::string(library_.sources().text(range));
}

// ---- patterns ----------------------------------------------------------------------------------

/// Which of `paths` a selection names; every pattern must name one.
std::set<size_t> SelectionCheck::matched(const ast::Selection& selection, const PathIndex& paths,
                                         const char* what) {
  std::set<size_t> result;
  for (const ast::Pattern& pattern : selection.patterns) {
    if (const ast::Pick* slice = find_slice(pattern)) {
      reporter_.report(slice->range, diag::not_yet, "training a slice of a parameter");
      continue;
    }
    const std::vector<size_t> hits = paths.matches(pattern);
    // `!P` can only take back what the line has matched so far (match-3).
    std::vector<size_t> candidates = hits;
    if (pattern.negation)
      std::erase_if(candidates, [&](size_t hit) { return !result.contains(hit); });
    if (hits.empty())
      report_no_match(pattern, paths, what);
    else if (candidates.empty())
      reporter_.report(pattern.range, diag::selector_takes_nothing, source(pattern.range));
    else
      report_unused_parts(pattern, candidates, paths, what);
    for (const size_t hit : hits)
      if (pattern.negation)
        result.erase(hit);
      else
        result.insert(hit);
  }
  return result;
}

void SelectionCheck::report_no_match(const ast::Pattern& pattern, const PathIndex& paths,
                                     const char* what) {
  const std::string text = source(pattern.range);
  auto report = reporter_.report(pattern.range, diag::selector_no_match, text, what);
  if (pattern.negation) return;
  for (size_t i = 0; i < paths.paths().size(); ++i)
    if (matches_prefix(pattern, paths.segments(i))) {
      report.hint(diag::hint_did_you_mean, text + ".**");
      return;
    }
  std::vector<std::string> candidates;
  for (const std::string& path : paths.paths())
    for (size_t end = path.find('.'); true; end = path.find('.', end + 1)) {
      candidates.push_back(path.substr(0, end));
      if (end == std::string::npos) break;
    }
  report.suggest(nearest(text, candidates));
}

/// An alternative that matches nothing is a slip of the pen, even where others match. What does not
/// match the pattern goes through none of its parts.
void SelectionCheck::report_unused_parts(const ast::Pattern& pattern,
                                         const std::vector<size_t>& candidates,
                                         const PathIndex& paths, const char* what) {
  std::vector<std::vector<std::string>> segments;
  for (const size_t candidate : candidates) segments.push_back(paths.segments(candidate));
  for (const SourceRange part : unused_parts(pattern, segments))
    reporter_.report(part, diag::selector_part_no_match, source(part), source(pattern.range), what);
}

SelectionRow& SelectionCheck::add_row(const ast::TrainClause& clause) {
  rows_.push_back({.line = clause.range, .text = source(clause.range), .matched = {}});
  return rows_.back();
}

void SelectionCheck::select_parameters(const ast::SelectClause& line,
                                       const ast::TrainClause& clause) {
  for (const ast::ClauseOption& option : line.options)
    reporter_.report(option.range, diag::not_yet, "`" + option.word.text + "` of a selection");
  const std::set<size_t> hits = matched(line.selection, parameters_, "parameter");
  SelectionRow& row = add_row(clause);
  for (const size_t hit : hits) {
    ir::Variable& variable = net_.module.variables[parameter_ids_[hit]];
    variable.is_trained = line.word == ast::SelectClause::Word::kTrain;
    row.matched.push_back(variable.path);
    row.scalars += ir::element_count(variable.type);
  }
}

// ---- adapters ----------------------------------------------------------------------------------

std::optional<SelectionCheck::AdapterOptions> SelectionCheck::adapter_options(
    const ast::SelectClause& line, const ast::TrainClause& clause) {
  AdapterOptions result = {.origin = clause.range};
  std::optional<double> alpha;
  std::set<std::string> seen;
  const int errors = reporter_.error_count();
  for (const ast::ClauseOption& option : line.options) {
    const std::string& word = option.word.text;
    if (!seen.insert(word).second) {
      reporter_.report(option.word.range, diag::argument_twice, word);
    } else if (word == "rank") {
      const std::optional<double> rank = statics_.static_number(*option.value);
      if (rank && (*rank < 1 || *rank != std::floor(*rank) || *rank > 1e9))
        reporter_.report(option.value->range, diag::whole_number, word, int64_t{1});
      else if (rank)
        result.rank = static_cast<int64_t>(*rank);
    } else if (word == "alpha") {
      alpha = statics_.static_number(*option.value);
      if (alpha && statics_.is_f32(*alpha, option.value->range) && *alpha <= 0)
        reporter_.report(option.value->range, diag::option_range, word, "greater than 0");
    } else if (word == "mode") {
      const auto* mode = option.value->get_if<ast::Name>();
      if (mode != nullptr && (mode->text == "fa" || mode->text == "full"))
        result.trains_a = mode->text == "full";
      else
        reporter_
            .report(option.value->range, diag::unknown_word, "a mode of `lora`",
                    source(option.value->range))
            .suggest(mode == nullptr ? std::nullopt : nearest(mode->text, {"fa", "full"}));
    } else if (word == "init") {
      result.init_a = statics_.initializer(*option.value);
    } else {
      reporter_.report(option.word.range, diag::not_yet, "`" + word + "` of `lora`");
    }
  }
  if (!seen.contains("rank")) reporter_.report(clause.word, diag::lora_rank_missing);
  result.alpha = alpha.value_or(static_cast<double>(result.rank));
  return reporter_.error_count() == errors ? std::optional(result) : std::nullopt;
}

void SelectionCheck::add_adapters(const ast::SelectClause& line, const ast::TrainClause& clause) {
  const std::optional<AdapterOptions> options = adapter_options(line, clause);
  const int errors = reporter_.error_count();
  const std::set<size_t> hits =
      matched(line.selection, calls_, "call that has parameters of its own");
  if (!options || reporter_.error_count() != errors) return;
  add_row(clause);
  if (!uses_) uses_.emplace(net_.module.graphs.front());
  for (const size_t hit : hits) {
    const CallRecord& call = net_.calls[hit];
    const std::optional<ir::VariableId> base = adaptable_parameter(call);
    if (base && !add_adapter(line, call, *base, *options)) return;
  }
  if (rows_.back().matched.empty()) reporter_.report(line.selection.range, diag::lora_no_matrix);
}

/// The one parameter that `call` directly holds and that can take an adapter; null if there is
/// none, or more than one (lora-1).
std::optional<ir::VariableId> SelectionCheck::adaptable_parameter(const CallRecord& call) const {
  std::optional<ir::VariableId> found;
  for (const ir::VariableId parameter : call.parameters) {
    if (uses_->of(parameter).empty()) continue;
    if (found) return std::nullopt;
    found = parameter;
  }
  return found;
}

/// Adds `<path>.lora_a` and `<path>.lora_b` to the variables, and the call to the line's row.
/// False: reported.
bool SelectionCheck::add_adapter(const ast::SelectClause& line, const CallRecord& call,
                                 ir::VariableId base, const AdapterOptions& options) {
  if (const auto known = adapted_.find(base); known != adapted_.end()) {
    reporter_.report(line.selection.range, diag::lora_twice, call.path)
        .note(known->second, diag::note_first_here, call.path);
    return false;
  }
  if (!are_free(call.path, line.selection.range)) return false;
  const lora::MatrixUse& use = uses_->of(base).front();
  if (options.rank > std::min(use.in, use.out)) {
    reporter_.report(line.selection.range, diag::lora_rank, options.rank,
                     net_.module.variables[base].path,
                     ir::to_text(net_.module.variables[base].type.dims));
    return false;
  }
  const ir::Initializer kaiming = {ir::Initializer::Kind::uniform,
                                   1 / std::sqrt(static_cast<double>(use.in))};
  lora::Adapter adapter = {.base = base,
                           .factor_a = {},
                           .factor_b = {},
                           .scale = options.alpha / static_cast<double>(options.rank),
                           .is_base_out_in = use.is_out_in};
  adapter.factor_a = add_variable({.path = call.path + ".lora_a",
                                   .type = {.dims = {options.rank, use.in}},
                                   .init = options.init_a.value_or(kaiming),
                                   .is_trained = options.trains_a,
                                   .origin = options.origin});
  adapter.factor_b = add_variable({.path = call.path + ".lora_b",
                                   .type = {.dims = {use.out, options.rank}},
                                   .init = {},
                                   .is_trained = true,
                                   .origin = options.origin});
  adapters_.push_back(adapter);
  adapted_.emplace(base, options.origin);
  SelectionRow& row = rows_.back();
  row.matched.push_back(call.path);
  for (const ir::VariableId factor : {adapter.factor_a, adapter.factor_b})
    row.scalars += ir::element_count(net_.module.variables[factor].type);
  return true;
}

ir::VariableId SelectionCheck::add_variable(ir::Variable variable) {
  const ir::VariableId id = net_.module.variables.push_back(std::move(variable));
  index_variable(id);
  return id;
}

void SelectionCheck::index_variable(ir::VariableId id) {
  const ir::Variable& variable = net_.module.variables[id];
  variables_.emplace(variable.path, id);
  if (variable.kind != ir::VariableKind::parameter) return;
  parameters_.add(variable.path);
  parameter_ids_.push_back(id);
}

/// Whether the net has no variable where an adapter's would be; false: reported.
bool SelectionCheck::are_free(const std::string& path, SourceRange range) {
  for (const char* factor : {".lora_a", ".lora_b"}) {
    const auto taken = variables_.find(path + factor);
    if (taken == variables_.end()) continue;
    reporter_.report(range, diag::duplicate_path, path + factor)
        .note(net_.module.variables[taken->second].origin, diag::note_first_here, path + factor);
    return false;
  }
  return true;
}

}  // namespace tdc::check
