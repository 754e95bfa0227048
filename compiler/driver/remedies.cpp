// A plan that does not fit can be made smaller in a handful of ways, and what each gives only a
// plan can tell: a smaller batch needs accumulators, a frozen weight moves to another memory, an
// adapter adds tensors. So each is written as a user would write it, into a block that extends the
// selected one, and goes through the whole compiler up to its plan:
//
//   train t of N { .. }                          the file, and behind it
//   train remedy extends t { freeze conv1.* }    what is tried

#include "driver/remedies.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string_view>

#include "driver/pipeline.h"
#include "driver/report.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

/// All variants together plan about so many nodes; small programs are never tried oftener than
/// `kMostAttempts`, and large ones get their `kFewestAttempts` all the same.
constexpr int64_t kPlannedNodes = 100'000;
constexpr int64_t kFewestAttempts = 4;
constexpr int64_t kMostAttempts = 40;

constexpr int64_t kLargestRank = 4;

// ---- units: what is frozen as one ---------------------------------------------------------------

/// Trained parameters that belong together: a numbered block (`blocks.0`), or the parameters that
/// one call declares itself (`head`), or one that the net declares.
struct Unit {
  std::string path;
  std::string stem;     ///< `blocks` of `blocks.0`
  int64_t number = -1;  ///< 0 of `blocks.0`; -1: not numbered
  bool is_call = true;

  [[nodiscard]] bool is_numbered() const { return number >= 0; }
};

std::optional<int64_t> number_of(std::string_view segment) {
  if (segment.empty() || segment.size() > 9) return std::nullopt;
  int64_t number = 0;
  for (const char c : segment) {
    if (c < '0' || c > '9') return std::nullopt;
    number = 10 * number + (c - '0');
  }
  return number;
}

Unit unit_of(const std::string& path) {
  size_t begin = 0;
  for (size_t end = path.find('.'); end != std::string::npos; end = path.find('.', begin)) {
    if (const auto number = number_of(std::string_view(path).substr(begin, end - begin));
        number && begin > 0)
      return {.path = path.substr(0, end), .stem = path.substr(0, begin - 1), .number = *number};
    begin = end + 1;
  }
  if (begin == 0) return {.path = path, .stem = {}, .is_call = false};
  return {.path = path.substr(0, begin - 1), .stem = {}};
}

/// The units of all trained parameters, in the order in which the net declares them; adapters are
/// where their matrix is.
std::vector<Unit> trained_units(const ir::Module& module) {
  std::vector<Unit> units;
  std::set<std::string> known, trained;
  for (const ir::Variable& variable : module.variables) {
    Unit unit = unit_of(variable.path);
    if (variable.is_trained) trained.insert(unit.path);
    if (known.insert(unit.path).second) units.push_back(std::move(unit));
  }
  std::erase_if(units, [&](const Unit& unit) { return !trained.contains(unit.path); });
  return units;
}

/// What follows a unit's path in a pattern over parameters, and in one over calls.
std::string_view parameters_of(const Unit& unit) {
  return unit.is_numbered() ? ".**" : unit.is_call ? ".*" : "";
}
std::string_view calls_of(const Unit& unit) {
  return unit.is_numbered() ? ".**" : "";
}

/// Patterns for some units, numbers in a row as one: `blocks[0..3].**`. `before` each.
std::string patterns(const std::vector<Unit>& units, std::string_view (*suffix)(const Unit&),
                     std::string_view before = "") {
  std::vector<std::string> texts;
  for (size_t i = 0; i < units.size();) {
    const Unit& first = units[i];
    size_t end = i + 1;
    while (first.is_numbered() && end < units.size() && units[end].stem == first.stem &&
           units[end].number == units[end - 1].number + 1)
      ++end;
    const std::string path = end - i == 1 ? first.path
                                          : fmt::format("{}[{}..{}]", first.stem, first.number,
                                                        units[end - 1].number + 1);
    texts.push_back(fmt::format("{}{}{}", before, path, suffix(first)));
    i = end;
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// Freezes the first `count` units, in the shorter of two ways to say it.
std::string freeze_line(const std::vector<Unit>& units, size_t count) {
  const auto middle = units.begin() + static_cast<std::ptrdiff_t>(count);
  std::string lowest = "freeze " + patterns({units.begin(), middle}, parameters_of);
  std::string others = "freeze **, " + patterns({middle, units.end()}, parameters_of, "!");
  return lowest.size() <= others.size() ? lowest : others;
}

/// Adapters at all that is trained, and nothing else. Empty: no call holds any of it.
std::vector<std::string> lora_lines(const ir::Module& module, std::vector<Unit> units,
                                    int64_t rank) {
  const bool trains_all =
      std::all_of(module.variables.begin(), module.variables.end(), [](const ir::Variable& each) {
        return each.is_trained || each.kind != ir::VariableKind::parameter;
      });
  std::erase_if(units, [](const Unit& unit) { return !unit.is_call; });
  if (units.empty()) return {};
  return {"freeze **",
          fmt::format("lora {} rank {}", trains_all ? "**" : patterns(units, calls_of), rank)};
}

template <typename Predicate>
bool any_op(const ir::Module& module, Predicate predicate) {
  return std::ranges::any_of(module.graphs, [&](const ir::Graph& graph) {
    return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                       [&](const ir::Node& node) { return predicate(*node.op); });
  });
}

/// Whether results depend on which samples are in a batch together.
bool has_statistics(const ir::Module& module) {
  return any_op(module, [](const ops::OpDef& op) { return !op.of_batch.empty(); });
}

/// Whether they depend on how samples are parted into batches: dropout has other elements, too.
bool depends_on_batch(const ir::Module& module) {
  return any_op(module, [](const ops::OpDef& op) { return op.is_of_sample; });
}

/// Ascending.
std::vector<int64_t> divisors(int64_t number) {
  std::vector<int64_t> small, large;
  for (int64_t i = 1; i <= number / i; ++i) {
    if (number % i != 0) continue;
    small.push_back(i);
    if (i != number / i) large.insert(large.begin(), number / i);
  }
  small.insert(small.end(), large.begin(), large.end());
  return small;
}

// ---- the search ---------------------------------------------------------------------------------

class Search {
 public:
  Search(const SourceFiles& files, FileId file, const CompileOptions& options,
         const check::Program& program, const memory::NotFit& not_fit)
      : source_(files.name(file)),
        text_(files.text(file)),
        options_(options),
        program_(program),
        not_fit_(not_fit),
        units_(trained_units(program.module)) {
    for (const memory::Overflow& overflow : not_fit.overflows) shortfall_ += overflow.shortfall;
    int64_t nodes = 1;
    for (const ir::Graph& graph : program.module.graphs)
      nodes += static_cast<int64_t>(graph.nodes.size());
    attempts_left_ = std::clamp(kPlannedNodes / nodes, kFewestAttempts, kMostAttempts);
    while (text_.find(name_) != std::string_view::npos) name_ += "_";
  }

  std::vector<Remedy> run() {
    keep(same_samples());
    const bool has_same_samples = !found_.empty();
    if (!has_same_samples) keep(sooner_updates());
    for (const auto find : {&Search::trains_less, &Search::adapters}) {
      std::optional<Remedy> remedy = (this->*find)({});
      // What a smaller batch does not solve it may help to solve.
      if (!remedy && !has_same_samples && smallest_batch_) {
        remedy = (this->*find)({*smallest_batch_});
        if (remedy) remedy = with_larger_batch(*std::move(remedy));
      }
      keep(std::move(remedy));
    }
    if (found_.empty() && nearest_) return {*nearest_};
    std::stable_sort(found_.begin(), found_.end(), [](const Remedy& a, const Remedy& b) {
      return a.effect != b.effect ? a.effect < b.effect : a.trained > b.trained;
    });
    return std::move(found_);
  }

 private:
  using Lines = std::vector<std::string>;
  using Effect = Remedy::Effect;

  void keep(std::optional<Remedy> remedy) {
    if (remedy) found_.push_back(*std::move(remedy));
  }

  /// The same samples in an update: all of them at once, or the largest batch that fits.
  std::optional<Remedy> same_samples() {
    const check::Training& training = *program_.training;
    const int64_t samples = training.batch * training.accumulate;
    const Effect effect =
        depends_on_batch(program_.module) ? Effect::other_batches : Effect::same_weights;
    if (training.accumulate > 1)
      if (auto at_once = attempt({fmt::format("batch {}", samples)}, effect)) return at_once;
    if (batches().size() == 1) return std::nullopt;
    smallest_batch_ = batch_line(batches().front());
    return largest_batch({}, effect);
  }

  /// Those that divide the batch. One sample has no statistics that are worth it.
  [[nodiscard]] std::vector<int64_t> batches() const {
    std::vector<int64_t> result = divisors(program_.training->batch);
    if (has_statistics(program_.module) && result.size() > 1) result.erase(result.begin());
    return result;
  }

  /// The remedy, which has the smallest batch, with the largest that fits.
  Remedy with_larger_batch(Remedy remedy) {
    const Lines others(remedy.lines.begin() + 1, remedy.lines.end());
    return largest_batch(others, remedy.effect).value_or(remedy);
  }

  /// The largest batch of as many samples that fits with some other lines.
  std::optional<Remedy> largest_batch(const Lines& others, Effect effect) {
    const std::vector<int64_t> all_batches = batches();
    const auto lines = [&](size_t i) {
      Lines all = {batch_line(all_batches[i])};
      all.insert(all.end(), others.begin(), others.end());
      return all;
    };
    return last_that_fits(0, all_batches.size() - 1, lines, effect);
  }

  /// With as many samples in an update.
  [[nodiscard]] std::string batch_line(int64_t batch) const {
    const check::Training& training = *program_.training;
    return fmt::format("batch {} accumulate {}", batch,
                       training.batch * training.accumulate / batch);
  }

  /// The largest batch that fits without sums between calls.
  std::optional<Remedy> sooner_updates() {
    const std::vector<int64_t> all_batches = batches();
    const size_t end = all_batches.size() - (program_.training->accumulate == 1 ? 1 : 0);
    const auto line = [&](size_t i) -> Lines { return {fmt::format("batch {}", all_batches[i])}; };
    return last_that_fits(0, end, line, Effect::sooner_updates);
  }

  /// As few of the lowest units frozen as fit.
  std::optional<Remedy> trains_less(const Lines& with) {
    const auto lines = [&](size_t i) {
      Lines all = with;
      all.push_back(freeze_line(units_, units_.size() - 1 - i));
      return all;
    };
    return last_that_fits(0, units_.size() - 1, lines, Effect::trains_less);
  }

  /// Adapters of the largest rank that the matrices have.
  std::optional<Remedy> adapters(const Lines& with) {
    if (!program_.adapters.empty()) return std::nullopt;
    for (int64_t rank = kLargestRank; rank >= 1; rank /= 2) {
      Lines all = with;
      const Lines lines = lora_lines(program_.module, units_, rank);
      if (lines.empty()) return std::nullopt;
      all.insert(all.end(), lines.begin(), lines.end());
      if (auto remedy = attempt(all, Effect::trains_less)) return remedy;
    }
    return std::nullopt;
  }

  /// Of variants `begin` to `end`, smallest first: the largest that fits, if the first does.
  std::optional<Remedy> last_that_fits(size_t begin, size_t end,
                                       const std::function<Lines(size_t)>& lines, Effect effect) {
    if (begin >= end) return std::nullopt;
    std::optional<Remedy> best = attempt(lines(begin), effect);
    if (!best) return std::nullopt;
    // `begin` fits, `end` does not or was not asked for.
    while (end - begin > 1) {
      const size_t middle = begin + (end - begin) / 2;
      if (std::optional<Remedy> remedy = attempt(lines(middle), effect)) {
        best = std::move(remedy);
        begin = middle;
      } else {
        end = middle;
      }
    }
    return best;
  }

  /// Plans the program with these lines. Null: it does not fit (but may be the nearest), or it is
  /// no program, or enough was tried.
  std::optional<Remedy> attempt(const Lines& lines, Effect effect) {
    if (attempts_left_ == 0) return std::nullopt;
    --attempts_left_;
    SourceFiles files;
    const FileId file =
        files.add(source_, fmt::format("{}\ntrain {} extends {} {{\n{}\n}}\n", text_, name_,
                                       program_.training->name, fmt::join(lines, "\n")));
    CompileOptions options = options_;
    options.train = name_;
    Diagnostics messages;
    Dump none;
    const std::optional<Planned> planned =
        plan_program(files, file, options, DefaultDeploy::first_of_file, messages, none);
    if (!planned) return std::nullopt;
    const check::Training& training = *planned->program.training;
    Remedy remedy = {.lines = lines,
                     .effect = effect,
                     .batch = training.batch,
                     .samples = training.batch * training.accumulate,
                     .trained = count_parameters(planned->schedule.variables).trained,
                     .needs = {},
                     .shortfall = {}};
    for (const memory::Overflow& overflow : not_fit_.overflows)
      remedy.needs.emplace_back(overflow.level_name, planned->plan.levels[overflow.level].need());
    if (!planned->not_fit) return remedy;
    for (const memory::Overflow& overflow : planned->not_fit->overflows)
      remedy.shortfall += overflow.shortfall;
    if (remedy.shortfall < (nearest_ ? nearest_->shortfall : shortfall_)) nearest_ = remedy;
    return std::nullopt;
  }

  const std::string& source_;
  std::string_view text_;
  const CompileOptions& options_;
  const check::Program& program_;
  const memory::NotFit& not_fit_;
  std::vector<Unit> units_;
  std::string name_ = "remedy";  // of the block that is added; nowhere in the file
  Bytes shortfall_;
  int64_t attempts_left_ = 0;
  std::optional<std::string> smallest_batch_;  // of as many samples
  std::vector<Remedy> found_;
  std::optional<Remedy> nearest_;
};

// ---- messages: notes of `memory-does-not-fit` ---------------------------------------------------

std::string lines_text(const Remedy& remedy) {
  std::vector<std::string> quoted;
  for (const std::string& line : remedy.lines) quoted.push_back("`" + line + "`");
  return join_words(quoted, "and");
}

std::string needs_text(const Remedy& remedy) {
  std::vector<std::string> texts;
  for (const auto& [level, need] : remedy.needs)
    texts.push_back(fmt::format("{} in `{}`", to_text(need), level));
  return join_words(texts, "and");
}

}  // namespace

std::vector<Remedy> find_remedies(const SourceFiles& files, FileId file,
                                  const CompileOptions& options, const check::Program& program,
                                  const memory::NotFit& not_fit) {
  const auto& scratchpad = program.deployment.chip.scratchpad;
  const bool is_about_tensors =
      std::ranges::any_of(not_fit.overflows, [&](const memory::Overflow& overflow) {
        return !scratchpad || overflow.level != scratchpad->level;
      });
  if (!program.training || !is_about_tensors) return {};
  return Search(files, file, options, program, not_fit).run();
}

void report_not_fit(const SourceFiles& files, FileId file, const CompileOptions& options,
                    const check::Program& program, const memory::NotFit& not_fit,
                    Diagnostics& diagnostics) {
  Diagnostics::Report report = memory::report_not_fit(not_fit, diagnostics);
  for (const Remedy& remedy : find_remedies(files, file, options, program, not_fit)) {
    const check::Training& training = *program.training;
    const std::string lines = lines_text(remedy);
    const std::string needs = needs_text(remedy);
    if (remedy.shortfall.count > 0)
      report.note(training.origin, diag::note_remedy_nearest, lines, needs, remedy.shortfall);
    else if (remedy.effect == Remedy::Effect::same_weights)
      report.note(training.origin, diag::note_remedy_same, lines, needs);
    else if (remedy.effect == Remedy::Effect::other_batches)
      report.note(training.origin, diag::note_remedy_batches, lines, needs, remedy.batch,
                  training.batch);
    else if (remedy.effect == Remedy::Effect::sooner_updates)
      report.note(training.origin, diag::note_remedy_sooner, lines, needs, remedy.samples,
                  training.batch * training.accumulate);
    else
      report.note(training.origin, diag::note_remedy_less, lines, needs, remedy.trained,
                  count_parameters(program.module.variables).trained);
  }
}

}  // namespace tdc::driver
