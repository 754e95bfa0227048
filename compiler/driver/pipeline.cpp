#include "driver/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "autodiff/entry_points.h"
#include "check/check.h"
#include "check/interface_of.h"
#include "check/library.h"
#include "driver/initial_values.h"
#include "driver/platform.h"
#include "driver/remedies.h"
#include "driver/report.h"
#include "driver/tiles.h"
#include "emit/c_names.h"
#include "emit/emit_project.h"
#include "emit/program_data.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "lora/attach_adapters.h"
#include "memory/plan_memory.h"
#include "memory/report.h"
#include "memory/validate.h"
#include "opt/passes.h"
#include "schedule/lower.h"
#include "schedule/passes.h"
#include "schedule/text.h"
#include "support/check.h"
#include "syntax/print_ast.h"

namespace tdc::driver {
namespace {

/// A pass that can be left out, and what it looks at beside the program.
template <typename Program, typename... Context>
struct Pass {
  std::string_view name;
  Program (*run)(Program, const Context&...);
  /// The program may need more of the scratchpad at a time behind it, and then does without it.
  bool may_overflow = false;
};
using SchedulePass = Pass<schedule::Schedule, chip::Chip>;

/// A pass for which all chips are alike.
template <schedule::Schedule (*kRun)(schedule::Schedule)>
schedule::Schedule on_any_chip(schedule::Schedule schedule, const chip::Chip&) {
  return kRun(std::move(schedule));
}

/// A pass that chooses by what kernels take on the chip.
using NearPass = Pass<schedule::Schedule, chip::Chip, schedule::CycleTable>;

/// One that does not.
template <schedule::Schedule (*kRun)(schedule::Schedule, const chip::Chip&)>
schedule::Schedule with_any_cycles(schedule::Schedule schedule, const chip::Chip& chip,
                                   const schedule::CycleTable&) {
  return kRun(std::move(schedule), chip);
}

constexpr Pass<ir::Module> kModulePasses[] = {
    {"remove_identities", opt::remove_identities},
    {"spread", opt::spread},
    // share_equal comes after differentiation, so that the order of uses is the program's own.
    {"share_equal", opt::share_equal},
    {"remove_dead", opt::remove_dead},
};

constexpr SchedulePass kSchedulePasses[] = {
    // use_views comes before take_over_memory, after which buffers are written more than once.
    {"use_views", on_any_chip<schedule::use_views>},
    {"take_over_memory", on_any_chip<schedule::take_over_memory>},
    // after it: results in place are strips in place
    {"group", schedule::group},
    // roll makes parts of buffers of what the passes before it look at as whole ones.
    {"roll", on_any_chip<schedule::roll>},
};

/// Left out, weights that do not fit are not streamed.
constexpr std::string_view kStreamWeights = "stream_weights";

/// Left out, passes that choose by what launches take do so without a matrix engine.
constexpr std::string_view kOffload = "offload";

/// Passes that depend on where weights lie.
constexpr NearPass kNearPasses[] = {
    // place_near comes before tile, which leaves room for what lies near.
    {"place_near", with_any_cycles<schedule::place_near>},
    // fuse comes before tile, which takes what is left.
    {"fuse", schedule::fuse},
    // tile comes behind all that looks at whole launches: what it makes are pieces in loops.
    {"tile", schedule::tile},
    {kOffload, schedule::offload},
    {"hoist", with_any_cycles<schedule::hoist>, /*may_overflow=*/true},
    {"keep_near", with_any_cycles<schedule::keep_near>, /*may_overflow=*/true},
    {"prefetch", with_any_cycles<schedule::prefetch>, /*may_overflow=*/true},
    {"prefetch_loops", with_any_cycles<schedule::prefetch_loops>, /*may_overflow=*/true},
};

bool is_left_out(const std::vector<std::string>& without, std::string_view pass) {
  return std::ranges::find(without, pass) != without.end();
}

/// Runs a pass unless it is left out, and sets the context of faults.
template <typename Program, typename... Context>
void run_pass(const Pass<Program, Context...>& pass, const std::vector<std::string>& without,
              Program& program, const Context&... context) {
  set_fault_context(fmt::format("pass {}", pass.name));
  if (!is_left_out(without, pass.name)) program = pass.run(std::move(program), context...);
}

/// The rest of `compile`, for a plan that fits. `source` is the path of the .td file.
std::optional<Compilation> emit(Planned planned, const CompileOptions& options,
                                const SourceFiles& files, std::string_view source,
                                Diagnostics& diagnostics) {
  set_fault_context("initial values");
  std::optional<emit::InitialValues> initial_values = make_initial_values(
      planned.schedule.variables, planned.program, options, source, diagnostics);
  if (!initial_values) return std::nullopt;

  set_fault_context("emit");
  Compilation result = {.program = std::move(planned.program),
                        .interface = std::move(planned.interface),
                        .module = std::move(planned.module),
                        .schedule = std::move(planned.schedule),
                        .plan = std::move(planned.plan),
                        .initial_values = *std::move(initial_values),
                        .files = {}};
  const emit::Model model = {.interface = result.interface,
                             .schedule = result.schedule,
                             .plan = result.plan,
                             .initial_values = result.initial_values,
                             .files = files};
  result.files = emit::emit_project(model, report_json(result, source));
  result.files.insert(result.files.end(), std::make_move_iterator(planned.own_platform.begin()),
                      std::make_move_iterator(planned.own_platform.end()));
  return result;
}

}  // namespace

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const Pass<ir::Module>& pass : kModulePasses) names.emplace_back(pass.name);
  for (const SchedulePass& pass : kSchedulePasses) names.emplace_back(pass.name);
  names.emplace_back(kStreamWeights);
  for (const NearPass& pass : kNearPasses) names.emplace_back(pass.name);
  return names;
}

std::optional<std::vector<OutputFile>> read_own_platform(const CompileOptions& options,
                                                         Diagnostics& diagnostics) {
  if (options.platform.empty()) return std::vector<OutputFile>();
  Result<std::vector<OutputFile>> files = read_platform(options.platform);
  if (files.ok()) return std::move(files.value());
  for (const std::string& message : files.failure().messages)
    diagnostics.report({}, diag::platform_folder, message);
  return std::nullopt;
}

std::optional<check::CheckedFile> check_file(SourceFiles& files, FileId file,
                                             const CompileOptions& options,
                                             DefaultDeploy default_deploy, Diagnostics& diagnostics,
                                             Dump& dump) {
  set_fault_context("parse");
  check::Library library(files, diagnostics);
  const check::FileScope* parsed = library.load(file);
  if (parsed == nullptr) return std::nullopt;
  dump.at("ast", [&] { return print_ast(parsed->tree); });
  if (!library.is_complete() || dump.is_done()) return std::nullopt;

  set_fault_context("check");
  const check::Selection selection = {
      .train = options.train,
      .deploy = options.deploy,
      .prefix = options.prefix,
      .platform = options.platform.empty() ? std::string() : platform_name(options.platform),
      .prefers_deploy_of_file = default_deploy == DefaultDeploy::first_of_file};
  std::optional<check::CheckedFile> checked =
      check::check_file(library, *parsed, selection, diagnostics);
  if (!checked || diagnostics.has_errors()) return std::nullopt;

  Dump none;
  for (size_t i = 0; i < checked->programs.size(); ++i) {
    check::Program& program = checked->programs[i];
    if (options.prefix.empty()) program.prefix = emit::free_prefix(program.prefix);
    finish_sample_graph(program, i == checked->selected_program ? dump : none);
  }
  return checked;
}

std::optional<check::Program> check_program(SourceFiles& files, FileId file,
                                            const CompileOptions& options,
                                            DefaultDeploy default_deploy, Diagnostics& diagnostics,
                                            Dump& dump) {
  std::optional<check::CheckedFile> checked =
      check_file(files, file, options, default_deploy, diagnostics, dump);
  if (!checked) return std::nullopt;
  return std::move(checked->programs[checked->selected_program]);
}

void finish_sample_graph(check::Program& program, Dump& dump) {
  graph::verify(program.module, "check");
  dump.at("check", [&] { return graph::to_text(program.module); });

  // Adapters are attached where a matrix is read, which may be a transpose of the parameter.
  set_fault_context("pass fold_transpose");
  program.module = opt::fold_transpose(std::move(program.module));
  graph::verify(program.module, "pass fold_transpose");
  dump.at("fold_transpose", [&] { return graph::to_text(program.module); });
  set_fault_context("attach_adapters");
  program.module = lora::attach_adapters(std::move(program.module), program.adapters);
  graph::verify(program.module, "attach_adapters");
  dump.at("ir", [&] { return graph::to_text(program.module); });
}

std::optional<ir::Module> make_module(const check::Program& program,
                                      const std::vector<std::string>& without,
                                      Diagnostics& diagnostics, Dump& dump) {
  set_fault_context("entry_points");
  std::optional<ir::Module> module = autodiff::make_entry_points(program, diagnostics);
  if (!module) return std::nullopt;
  graph::verify(*module, "entry_points");
  dump.at("entry_points", [&] { return graph::to_text(*module); });

  for (const Pass<ir::Module>& pass : kModulePasses) {
    run_pass(pass, without, *module);
    graph::verify(*module, fmt::format("pass {}", pass.name));
    dump.at(pass.name, [&] { return graph::to_text(*module); });
  }
  return module;
}

namespace {

/// What kernels take on a chip, measured if they were.
schedule::CycleTable cycles_on(const chip::Chip& chip) {
  if (std::optional<schedule::CycleTable> measured = measured_cycles(chip)) return *measured;
  return schedule::CycleTable::rough();
}

/// Makes plans of one schedule with other weights streamed.
class Planner {
 public:
  Planner(const interface::Interface& interface, const chip::Chip& chip,
          const std::vector<std::string>& without, bool has_weight_file)
      : interface_(interface),
        chip_(chip),
        cycles_(cycles_on(chip)),
        without_(without),
        has_weight_file_(has_weight_file) {}

  PlannedSchedule plan(schedule::Schedule schedule, const std::set<ir::VariableId>& streamed,
                       Dump& dump) const {
    if (!streamed.empty())
      schedule = schedule::stream_weights(std::move(schedule), chip_, streamed);
    dump.at(kStreamWeights, [&] { return schedule::to_text(schedule, chip_); });
    const std::optional<Shortage> shortage = shortage_of_budget(schedule);
    const bool is_in_vain = shortage || weights_overflow(schedule);
    chip::Chip chip = chip_;
    if (is_left_out(without_, kOffload)) chip.engine.reset();
    std::optional<schedule::Schedule> loosest;  // before all that may overflow the scratchpad
    for (const NearPass& pass : kNearPasses) {
      if (chip_.scratchpad && pass.may_overflow && !loosest) loosest = schedule;
      if (!is_in_vain) run_pass(pass, without_, schedule, chip, cycles_);
      dump.at(pass.name, [&] { return schedule::to_text(schedule, chip_); });
    }
    set_fault_context("memory");
    if (loosest && !is_in_vain && shortfall_of(chip_.scratchpad->level, schedule) > Bytes{}) {
      const bool fits_elsewhere = std::ranges::all_of(chip_.levels.ids(), [&](LevelId level) {
        return level == chip_.scratchpad->level || shortfall_of(level, schedule) == Bytes{};
      });
      schedule = tightened(*std::move(loosest), chip, fits_elsewhere ? 4 : 1);
    }
    std::variant<memory::MemoryPlan, memory::NotFit> planned = memory::plan_memory(
        schedule, chip_, emit::program_data(interface_, schedule, has_weight_file_));
    dump.at("schedule", [&] { return schedule::to_text(schedule, chip_); });
    std::optional<memory::NotFit> not_fit;
    if (auto* found = std::get_if<memory::NotFit>(&planned)) not_fit = std::move(*found);
    memory::MemoryPlan plan =
        not_fit ? not_fit->plan : std::get<memory::MemoryPlan>(std::move(planned));
    if (shortage) {
      if (!not_fit) not_fit = {.plan = plan, .overflows = {}};
      not_fit->overflows.insert(not_fit->overflows.begin(),
                                memory::overflow_of_pieces(chip_, plan, shortage->entry_point,
                                                           shortage->step, shortage->bytes));
    }
    dump.at("plan", [&] { return memory::plan_text(schedule, chip_, plan); });
    return {
        .schedule = std::move(schedule), .plan = std::move(plan), .not_fit = std::move(not_fit)};
  }

 private:
  struct Shortage {
    std::string entry_point, step;
    Bytes bytes;  ///< that the step needs
  };

  [[nodiscard]] Bytes shortfall_of(LevelId level, const schedule::Schedule& schedule) const {
    const bool has_data =
        level == chip_.constants || level == chip_.tensors || level == chip_.image;
    return memory::shortfall_of_level(
        schedule, chip_,
        has_data ? emit::program_data(interface_, schedule, has_weight_file_)
                 : memory::ProgramData{},
        level);
  }

  /// Runs the passes that may overflow the scratchpad one by one: what lives at a time fits after
  /// each, but there may be no places for it. Then the pass is run again as if there were less
  /// room, and left out if `tries` runs do not help.
  [[nodiscard]] schedule::Schedule tightened(schedule::Schedule schedule, const chip::Chip& chip,
                                             int tries) const {
    for (const NearPass& pass : kNearPasses) {
      if (!pass.may_overflow || is_left_out(without_, pass.name)) continue;
      chip::Chip seen = chip;
      chip::MemoryLevel& scratchpad = seen.levels[chip.scratchpad->level];
      for (int i = 0; i < tries; ++i) {
        schedule::Schedule tried = schedule;
        run_pass(pass, without_, tried, seen, cycles_);
        set_fault_context("memory");
        const Bytes shortfall = shortfall_of(chip.scratchpad->level, tried);
        if (shortfall == Bytes{}) {
          schedule = std::move(tried);
          break;
        }
        scratchpad.budget = scratchpad.budget.value_or(scratchpad.capacity) - shortfall;
      }
    }
    return schedule;
  }

  /// Whether weights alone are more than all memories hold: whatever is done to tensors, the
  /// program does not fit.
  [[nodiscard]] bool weights_overflow(const schedule::Schedule& schedule) const {
    Bytes room, weights;
    for (const chip::MemoryLevel& level : chip_.levels) room += level.room();
    for (const ir::Variable& variable : schedule.variables) weights += ir::byte_size(variable.type);
    return weights > room;
  }

  /// The launch that needs most of a scratchpad whose budget is too small for it even in the
  /// smallest pieces. What the chip's whole scratchpad does not hold works where tensors lie.
  [[nodiscard]] std::optional<Shortage> shortage_of_budget(
      const schedule::Schedule& schedule) const {
    if (!chip_.scratchpad || is_left_out(without_, "tile")) return std::nullopt;
    chip::MemoryLevel whole = chip_.levels[chip_.scratchpad->level];
    if (!whole.budget || *whole.budget == whole.capacity) return std::nullopt;
    whole.budget.reset();
    std::optional<Shortage> most;
    for (const auto& [entry, launch, bytes] : schedule::too_large_for_scratchpad(schedule, chip_))
      if (bytes <= whole.room() && (!most || bytes > most->bytes))
        most = {.entry_point = entry->name, .step = launch->label, .bytes = bytes};
    return most;
  }

  const interface::Interface& interface_;
  const chip::Chip& chip_;
  schedule::CycleTable cycles_;
  const std::vector<std::string>& without_;
  bool has_weight_file_;
};

/// Weights that are to be streamed as well, so that what overflows fits.
std::set<ir::VariableId> more_to_stream(const schedule::Schedule& schedule,
                                        const memory::NotFit& not_fit, LevelId stream,
                                        const std::set<ir::VariableId>& chosen) {
  const memory::LevelPlan& there = not_fit.plan.levels[stream];
  Bytes room = there.capacity - there.need();
  std::set<ir::VariableId> more;
  for (const memory::Overflow& overflow : not_fit.overflows)
    for (const ir::VariableId variable :
         schedule::weights_to_stream(schedule, overflow.level, overflow.shortfall, room, chosen)) {
      more.insert(variable);
      room = room - ir::byte_size(schedule.variables[variable].type);
    }
  return more;
}

/// The streamed weights without those for which there is room: with weights elsewhere tiles are
/// others, and what they make may take less.
std::set<ir::VariableId> without_needless(const schedule::Schedule& schedule,
                                          const memory::MemoryPlan& plan,
                                          std::set<ir::VariableId> streamed) {
  for (const memory::LevelPlan& level : plan.levels)
    for (const ir::VariableId variable : schedule::weights_to_bring_back(
             schedule, level.level, level.capacity - level.need(), streamed))
      streamed.erase(variable);
  return streamed;
}

/// A schedule before the passes that depend on where weights lie, and the first plan of it.
struct Arrangement {
  schedule::Schedule schedule;
  Dump dump;  ///< of `schedule`
  PlannedSchedule planned;
  Dump planned_dump;
};

/// Strips that stay in a scratchpad may be long, which takes fewer launches; if the program does
/// not fit with them, they are as short as saves most.
Arrangement first_that_fits(const ir::Module& module, const chip::Chip& chip,
                            const std::vector<std::string>& without, const Planner& planner,
                            const Dump& dump) {
  set_fault_context("lower");
  Dump lowered = dump;
  const schedule::Schedule whole = schedule::lower(module, chip);
  lowered.at("lower", [&] { return schedule::to_text(whole, chip); });
  const auto arrange = [&](const chip::Chip& seen) {
    Arrangement result = {.schedule = whole, .dump = lowered, .planned = {}, .planned_dump = {}};
    for (const SchedulePass& pass : kSchedulePasses) {
      run_pass(pass, without, result.schedule, seen);
      result.dump.at(pass.name, [&] { return schedule::to_text(result.schedule, chip); });
    }
    return result;
  };
  const auto plan = [&](Arrangement& arrangement) {
    arrangement.planned_dump = arrangement.dump;
    arrangement.planned = planner.plan(arrangement.schedule, {}, arrangement.planned_dump);
  };
  if (chip.scratchpad) {
    Arrangement near = arrange(chip);
    plan(near);
    if (!near.planned.not_fit) return near;
  }
  chip::Chip no_scratchpad = chip;
  no_scratchpad.scratchpad.reset();
  Arrangement shortest = arrange(no_scratchpad);
  plan(shortest);
  return shortest;
}

}  // namespace

PlannedSchedule plan_module(const ir::Module& module, const interface::Interface& interface,
                            const chip::Chip& chip, const std::vector<std::string>& without,
                            bool has_weight_file, Dump& dump) {
  const Planner planner(interface, chip, without, has_weight_file);
  std::set<ir::VariableId> streamed, chosen;  // of those that were chosen, some cannot be reached
  auto [schedule, arranged, planned, made] = first_that_fits(module, chip, without, planner, dump);
  while (planned.not_fit && chip.stream && !is_left_out(without, kStreamWeights)) {
    const std::set<ir::VariableId> more =
        more_to_stream(schedule, *planned.not_fit, chip.stream->level, chosen);
    if (more.empty()) break;
    streamed.insert(more.begin(), more.end());
    chosen.insert(more.begin(), more.end());
    std::set<ir::VariableId> unreachable;
    do {
      made = arranged;
      planned = planner.plan(schedule, streamed, made);
      unreachable = schedule::unreachable_weights(planned.schedule, chip);
      for (const ir::VariableId variable : unreachable) streamed.erase(variable);
    } while (!unreachable.empty());
  }
  const std::set<ir::VariableId> fewer = without_needless(schedule, planned.plan, streamed);
  if (!planned.not_fit && fewer != streamed) {
    Dump made_again = arranged;
    PlannedSchedule again = planner.plan(schedule, fewer, made_again);
    if (!again.not_fit && schedule::unreachable_weights(again.schedule, chip).empty()) {
      planned = std::move(again);
      made = std::move(made_again);
    }
  }
  dump = std::move(made);
  const std::vector<std::string> violations = memory::validate(planned.schedule, planned.plan);
  TDC_CHECK(violations.empty(), "{}", violations.front());
  return planned;
}

std::optional<Planned> plan_program(SourceFiles& files, FileId file, const CompileOptions& options,
                                    DefaultDeploy default_deploy, Diagnostics& diagnostics,
                                    Dump& dump) {
  std::optional<std::vector<OutputFile>> own_platform = read_own_platform(options, diagnostics);
  if (!own_platform) return std::nullopt;
  std::optional<check::Program> program =
      check_program(files, file, options, default_deploy, diagnostics, dump);
  if (!program || dump.is_done()) return std::nullopt;

  std::optional<ir::Module> module = make_module(*program, options.without, diagnostics, dump);
  if (!module) return std::nullopt;
  interface::Interface interface = check::interface_of(*program);
  PlannedSchedule planned =
      plan_module(*module, interface, interface.chip, options.without,
                  !options.weights.empty() || !program->weights_from.empty(), dump);
  if (dump.is_done()) return std::nullopt;
  return Planned{.program = *std::move(program),
                 .interface = std::move(interface),
                 .module = *std::move(module),
                 .schedule = std::move(planned.schedule),
                 .plan = std::move(planned.plan),
                 .not_fit = std::move(planned.not_fit),
                 .own_platform = *std::move(own_platform)};
}

std::optional<Compilation> compile(SourceFiles& files, FileId file, const CompileOptions& options,
                                   DefaultDeploy default_deploy, Diagnostics& diagnostics,
                                   Dump& dump) {
  std::optional<Planned> planned =
      plan_program(files, file, options, default_deploy, diagnostics, dump);
  if (!planned) return std::nullopt;
  if (planned->not_fit) {
    report_not_fit(files, file, options, planned->program, *planned->not_fit, diagnostics);
    return std::nullopt;
  }
  return emit(*std::move(planned), options, files, files.name(file), diagnostics);
}

}  // namespace tdc::driver
