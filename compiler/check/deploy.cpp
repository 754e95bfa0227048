// Chips and deployments. A chip is data: a new one is a file, and no other stage knows its name.
//
//   chip NAME {
//     cores      8                                         // how many run the program
//     platform   "pulp_cluster"                            // folder of its runtime files
//     memory     L2, size: 2 MiB, code: 96 KiB, stack: 0 B // one line per level
//     tensors    L2                                        // where temporaries are planned
//     constants  L2                                        // where frozen weights lie
//     image      L3                                        // where trained weights start from
//     scratchpad L1, transfer: 60, bandwidth: 8, row: 1, load: 15 // where cores work, if not there
//     stream     L3, transfer: 160, bandwidth: 1, row: 22  // where weights lie that do not fit
//     engine     rows: 6, columns: 8, blocks: 8, latency: 4, job: 150 // of matrices, if there is
//     one
//   }

#include "check/deploy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "support/embedded_files.h"
#include "support/text.h"

namespace tdc::check {
namespace {

constexpr int64_t kMostCycles = 1 << 20;
constexpr int64_t kMostCores = 16;  // of a team, as `td_platform.h` says

std::optional<Bytes> bytes_of(const ast::Number& number) {
  const auto* count = std::get_if<int64_t>(&number.value);
  if (count == nullptr || *count > (int64_t{1} << 20)) return std::nullopt;
  if (!number.unit) return *count == 0 ? std::optional(Bytes{0}) : std::nullopt;
  switch (*number.unit) {
    case ast::Unit::kKib:
      return Bytes{*count << 10};
    case ast::Unit::kMib:
      return Bytes{*count << 20};
    case ast::Unit::kGib:
      return Bytes{*count << 30};
    default:
      return std::nullopt;
  }
}

std::vector<std::string> level_names(const chip::Chip& chip) {
  std::vector<std::string> names;
  for (const chip::MemoryLevel& level : chip.levels) names.push_back(level.name);
  return names;
}

std::optional<LevelId> find_level(const chip::Chip& chip, const ast::Name& name,
                                  Reporter& reporter) {
  for (const LevelId id : chip.levels.ids())
    if (chip.levels[id].name == name.text) return id;
  reporter.report(name.range, diag::unknown_level, name.text, chip.name)
      .suggest(nearest(name.text, level_names(chip)));
  return std::nullopt;
}

class ChipCheck {
 public:
  ChipCheck(const ast::Chip& chip, Reporter& reporter) : chip_(chip), reporter_(reporter) {
    result_.name = chip.name.text;
    result_.has_budget = true;
  }

  std::optional<chip::Chip> run() {
    static const std::vector<std::string> words = {"constants",  "cores",  "engine",
                                                   "image",      "memory", "platform",
                                                   "scratchpad", "stream", "tensors"};
    static const std::set<std::string> optional_words = {"engine", "scratchpad", "stream"};
    const int errors = reporter_.error_count();
    for (const ast::ChipClause& clause : chip_.clauses) {
      if (std::find(words.begin(), words.end(), clause.word.text) == words.end())
        reporter_
            .report(clause.word.range, diag::unknown_word, "a clause of a chip", clause.word.text)
            .suggest(nearest(clause.word.text, words));
      else if (clause.word.text == "memory")
        add_memory(clause);
      else if (!seen_.insert(clause.word.text).second)
        reporter_.report(clause.word.range, diag::duplicate_clause, clause.word.text);
    }
    for (const ast::ChipClause& clause : chip_.clauses) read(clause);
    for (const std::string& word : words)
      if (!seen_.contains(word) && !optional_words.contains(word) &&
          reporter_.error_count() == errors)
        reporter_.report(chip_.name.range, diag::chip_without, chip_.name.text, word);
    if (reporter_.error_count() != errors) return std::nullopt;
    if (result_.scratchpad && result_.scratchpad->level == result_.tensors)
      reporter_.report(scratchpad_origin_, diag::scratchpad_tensors,
                       result_.levels[result_.tensors].name);
    if (result_.stream) check_stream();
    if (result_.engine && !result_.scratchpad)
      reporter_.report(engine_origin_, diag::engine_without_scratchpad);
    return reporter_.error_count() == errors ? std::optional(result_) : std::nullopt;
  }

 private:
  /// A level with what is set aside of it (chip-2).
  void add_memory(const ast::ChipClause& clause) {
    seen_.insert("memory");
    const int errors = reporter_.error_count();
    chip::MemoryLevel level;
    std::optional<Bytes> capacity;
    std::set<std::string> labels;
    for (const ast::Argument& argument : clause.arguments) {
      if (!argument.label) {
        const auto* name = argument.value->get_if<ast::Name>();
        if (name == nullptr || !level.name.empty())
          reporter_.report(argument.range, diag::chip_clause, "memory", "NAME, size: N KiB");
        else
          level.name = name->text;
        continue;
      }
      const auto* number = argument.value->get_if<ast::Number>();
      const std::optional<Bytes> bytes = number == nullptr ? std::nullopt : bytes_of(*number);
      if (!bytes) {
        reporter_.report(argument.value->range, diag::byte_count);
        continue;
      }
      if (!labels.insert(argument.label->text).second)
        reporter_.report(argument.label->range, diag::argument_twice, argument.label->text);
      else if (argument.label->text == "size")
        capacity = *bytes;
      else if (argument.label->text == "code")
        level.reserved_code = *bytes;
      else if (argument.label->text == "stack")
        level.reserved_stack = *bytes;
      else if (argument.label->text == "main_stack")
        level.main_stack = *bytes;
      else
        reporter_
            .report(argument.label->range, diag::unknown_argument, "memory", argument.label->text)
            .suggest(nearest(argument.label->text, {"size", "code", "stack", "main_stack"}));
    }
    const auto names = level_names(result_);
    const bool is_known = std::find(names.begin(), names.end(), level.name) != names.end();
    if (reporter_.error_count() == errors) {
      if (level.name.empty() || !capacity)
        reporter_.report(clause.word.range, diag::chip_clause, "memory", "NAME, size: N KiB");
      else if (is_known)
        reporter_.report(clause.range, diag::duplicate_name, level.name);
      else if (level.reserved_code + level.reserved_stack > *capacity)
        reporter_.report(clause.range, diag::chip_reserve, level.name,
                         level.reserved_code + level.reserved_stack, *capacity);
      else if (level.main_stack.value_or(Bytes{0}) > level.reserved_stack)
        reporter_.report(clause.range, diag::chip_main_stack, level.name, *level.main_stack,
                         level.reserved_stack);
    }
    // What is wrong with a level is no mistake of the clauses that name it.
    if (level.name.empty() || is_known) return;
    level.capacity = capacity.value_or(Bytes{0});
    result_.levels.push_back(std::move(level));
  }

  void read(const ast::ChipClause& clause) {
    const std::string& word = clause.word.text;
    if (word == "memory") return;
    if (word == "scratchpad" || word == "stream") {
      read_transfers(clause);
      return;
    }
    if (word == "engine") {
      read_engine(clause);
      return;
    }
    const ast::Expr* value = clause.arguments.size() == 1 && !clause.arguments[0].label
                                 ? clause.arguments[0].value.get()
                                 : nullptr;
    if (word == "cores") {
      const auto* number = value == nullptr ? nullptr : value->get_if<ast::Number>();
      const auto* count = number == nullptr ? nullptr : std::get_if<int64_t>(&number->value);
      if (count == nullptr || number->unit || *count < 1 || *count > kMostCores)
        reporter_.report(clause.word.range, diag::chip_clause, word,
                         fmt::format("a number from 1 to {}", kMostCores));
      else
        result_.cores = *count;
    } else if (word == "platform") {
      const auto* folder = value == nullptr ? nullptr : value->get_if<ast::String>();
      if (folder == nullptr || folder->value.empty()) {
        reporter_.report(clause.word.range, diag::chip_clause, word, "a string");
      } else if (!is_plain_name(folder->value)) {
        reporter_.report(value->range, diag::platform_name, folder->value);
      } else {
        result_.platform = folder->value;
        result_.platform_origin = value->range;
      }
    } else if (word == "tensors" || word == "constants" || word == "image") {  // chip-3
      const auto* name = value == nullptr ? nullptr : value->get_if<ast::Name>();
      if (name == nullptr) {
        reporter_.report(clause.word.range, diag::chip_clause, word, "the name of a memory");
        return;
      }
      const std::optional<LevelId> level = find_level(result_, *name, reporter_);
      if (!level) return;
      (word == "tensors"     ? result_.tensors
       : word == "constants" ? result_.constants
                             : result_.image) = *level;
    }
  }

  /// The level that operands are brought to (chip-6), or that from which weights are brought
  /// (chip-7), and the cycles that it takes.
  void read_transfers(const ast::ChipClause& clause) {
    const bool is_scratchpad = clause.word.text == "scratchpad";
    const char* form = is_scratchpad
                           ? "NAME, transfer: N, bandwidth: N, load: N, and may have row: N"
                           : "NAME, transfer: N, bandwidth: N, and may have row: N";
    chip::Scratchpad scratchpad;
    std::map<std::string, int64_t*> numbers = {{"transfer", &scratchpad.transfer},
                                               {"bandwidth", &scratchpad.bandwidth},
                                               {"row", &scratchpad.row}};
    if (is_scratchpad) numbers["load"] = &scratchpad.load;
    const ast::Name* name = nullptr;
    if (!read_numbers(clause, form, std::move(numbers), &name)) return;
    const std::optional<LevelId> level = find_level(result_, *name, reporter_);
    if (!level) return;
    scratchpad.level = *level;
    (is_scratchpad ? scratchpad_origin_ : stream_origin_) = name->range;
    if (is_scratchpad)
      result_.scratchpad = scratchpad;
    else
      result_.stream = {.level = *level,
                        .transfer = scratchpad.transfer,
                        .bandwidth = scratchpad.bandwidth,
                        .row = scratchpad.row};
  }

  /// The matrix engine, which works in the scratchpad (chip-8).
  void read_engine(const ast::ChipClause& clause) {
    chip::Engine engine;
    if (!read_numbers(clause, "rows: N, columns: N, blocks: N, latency: N, job: N",
                      {{"rows", &engine.rows},
                       {"columns", &engine.columns},
                       {"blocks", &engine.blocks},
                       {"latency", &engine.latency},
                       {"job", &engine.job}},
                      nullptr))
      return;
    engine_origin_ = clause.word.range;
    result_.engine = engine;
  }

  /// Reads a clause of numbers with labels, of which only `row` may be 0 or left out. `name`: also
  /// one name, which is needed then. Says so if it has another form.
  bool read_numbers(const ast::ChipClause& clause, const std::string& form,
                    std::map<std::string, int64_t*> numbers, const ast::Name** name) {
    for (const ast::Argument& argument : clause.arguments) {
      if (!argument.label && name != nullptr && *name == nullptr) {
        *name = argument.value->get_if<ast::Name>();
        if (*name != nullptr) continue;
      }
      const auto found = argument.label ? numbers.find(argument.label->text) : numbers.end();
      const auto* number = argument.value->get_if<ast::Number>();
      const auto* count = number == nullptr ? nullptr : std::get_if<int64_t>(&number->value);
      if (found == numbers.end() || count == nullptr || number->unit ||
          *count < (found->first == "row" ? 0 : 1) || *count > kMostCycles) {
        reporter_.report(argument.range, diag::chip_clause, clause.word.text, form);
        return false;
      }
      *found->second = *count;
      numbers.erase(found);
    }
    numbers.erase("row");
    if ((name == nullptr || *name != nullptr) && numbers.empty()) return true;
    reporter_.report(clause.range, diag::chip_clause, clause.word.text, form);
    return false;
  }

  /// Weights are streamed to a scratchpad, from a memory that serves for nothing that cores touch.
  void check_stream() {
    const LevelId level = result_.stream->level;
    if (!result_.scratchpad)
      reporter_.report(stream_origin_, diag::stream_without_scratchpad, result_.levels[level].name);
    else if (level == result_.scratchpad->level || level == result_.tensors ||
             level == result_.constants)
      reporter_.report(stream_origin_, diag::stream_level, result_.levels[level].name);
  }

  const ast::Chip& chip_;
  Reporter& reporter_;
  chip::Chip result_;
  SourceRange scratchpad_origin_, stream_origin_, engine_origin_;
  std::set<std::string> seen_;
};

}  // namespace

Deployment host_deployment() {
  Deployment host;
  host.chip.name = "host";
  host.chip.platform = "host";
  const LevelId memory =
      host.chip.levels.push_back({.name = "memory", .capacity = {int64_t{1} << 40}});
  host.chip.tensors = host.chip.constants = host.chip.image = memory;
  return host;
}

std::optional<chip::Chip> check_chip(const ast::Chip& chip, Reporter& reporter) {
  return ChipCheck(chip, reporter).run();
}

void check_platform(const chip::Chip& chip, const std::string& own, Reporter& reporter) {
  if (!own.empty() && chip.platform != own)
    reporter.report(chip.platform_origin, diag::platform_other, own, chip.name, chip.platform);
  if (!own.empty()) return;
  const std::vector<std::string> known = known_platforms();
  if (std::find(known.begin(), known.end(), chip.platform) != known.end()) return;
  std::vector<std::string> shown;
  for (const std::string& name : known) shown.push_back("`" + name + "`");
  reporter
      .report(chip.platform_origin, diag::unknown_platform, chip.platform, join_words(shown, "and"))
      .hint(diag::hint_unknown_platform, chip.platform);
}

std::optional<Deployment> check_deploy(const ast::Deploy& deploy, SourceRange origin,
                                       const FileScope& file, Reporter& reporter) {
  const int errors = reporter.error_count();
  const auto found = lookup(file, &FileScope::chips, deploy.chip.text);
  if (!found) {
    report_missing(diag::unknown_chip, deploy.chip, library_of_chip(deploy.chip.text),
                   visible_names(file, &FileScope::chips), reporter);
    return std::nullopt;
  }
  std::optional<chip::Chip> chip = check_chip(*found.declaration, reporter);
  if (!chip) return std::nullopt;
  Deployment result = {.name = deploy.name.text, .chip = *std::move(chip), .origin = origin};
  // A level without a budget of its own is held to what it has.
  for (chip::MemoryLevel& level : result.chip.levels) level.budget_origin = deploy.name.range;
  for (const ast::DeployClause& clause : deploy.clauses) {
    if (const auto* budget = std::get_if<ast::BudgetClause>(&clause.kind)) {
      for (const ast::BudgetClause::Bound& bound : budget->bounds) {
        const std::optional<LevelId> id = find_level(result.chip, bound.level, reporter);
        const std::optional<Bytes> limit = bytes_of(bound.limit);
        if (!limit) reporter.report(bound.limit.range, diag::byte_count);
        if (!id || !limit) continue;
        chip::MemoryLevel& level = result.chip.levels[*id];
        if (level.budget)
          reporter.report(bound.range, diag::duplicate_clause, "budget " + level.name)
              .note(level.budget_origin, diag::note_first_here, level.name);
        else if (*limit > level.capacity)
          reporter.report(bound.limit.range, diag::budget_capacity, *limit, level.name,
                          level.capacity, result.chip.name);
        level.budget = *limit;
        level.budget_origin = bound.range;
      }
    } else if (const auto* allow = std::get_if<ast::AllowClause>(&clause.kind)) {
      for (const ast::Name& name : allow->names) {
        if (name.text == "recompute")
          result.allows_recompute = true;
        else
          reporter.report(name.range, diag::unknown_word, "a permission", name.text)
              .suggest(nearest(name.text, {"recompute"}));
      }
    } else if (std::holds_alternative<ast::EmitClause>(clause.kind)) {
      reporter.report(clause.word, diag::not_yet, "a choice of entry points");
    } else if (std::holds_alternative<ast::PageClause>(clause.kind)) {
      reporter.report(clause.word, diag::not_yet, "`page`");
    } else {
      reporter.report(clause.word, diag::not_yet, "an assertion about a deployment");
    }
  }
  return reporter.error_count() == errors ? std::optional(result) : std::nullopt;
}

}  // namespace tdc::check
