#include "driver/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "driver/tiles.h"
#include "memory/report.h"
#include "schedule/loops.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

std::string base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

JsonArray dims_json(const ir::Dims& dims) {
  JsonArray array;
  for (const int64_t extent : dims) array.emplace_back(extent);
  return array;
}

JsonArray memory_json(const Compilation& c) {
  JsonArray levels;
  for (const memory::LevelPlan& level : c.plan.levels) {
    JsonObject object = {{"level", c.program.deployment.chip.levels[level.level].name},
                         {"capacity_bytes", level.capacity.count},
                         {"used_bytes", level.need().count},
                         {"code_bytes", level.beside.code.count},
                         {"stack_bytes", level.beside.stacks.count},
                         {"constant_bytes", level.beside.constants.count},
                         {"frozen_bytes", level.beside.frozen.count},
                         {"image_bytes", level.beside.image.count},
                         {"buffer_bytes", level.beside.buffers.count},
                         {"arena_bytes", level.peak.count},
                         {"lower_bound_bytes", level.max_live.count},
                         {"method", std::string(memory::to_text(level.method))},
                         {"is_optimal", level.is_proved}};
    JsonArray placements;
    for (const memory::Placement& placement : level.placements)
      placements.emplace_back(JsonObject{{"name", c.schedule.buffers[placement.buffer].name},
                                         {"offset", placement.offset.count},
                                         {"bytes", placement.size.count},
                                         {"first_step", placement.first},
                                         {"last_step", placement.last}});
    object.emplace_back("placements", std::move(placements));
    levels.emplace_back(std::move(object));
  }
  return levels;
}

JsonArray steps_json(const Compilation& c) {
  JsonArray steps;
  const chip::Chip& chip = c.program.deployment.chip;
  const std::map<int64_t, Traffic> traffic = traffic_of(c.schedule, chip);
  const std::set<const schedule::Launch*> too_large = too_large_launches(c.schedule, chip);
  const std::map<int64_t, int64_t> cycles = predicted_cycles(c.schedule, chip);
  for (const LaunchWork& work : launches_of(c.schedule)) {
    const Traffic moved = traffic_at(traffic, work.step);
    JsonArray staying;
    for (const Staying& each : staying_operands(c.schedule, chip, *work.launch, too_large))
      staying.emplace_back(JsonObject{{"name", each.name}, {"reason", std::string(each.reason)}});
    JsonObject step = {{"step", work.step},
                       {"entry_point", work.entry_point->name},
                       {"op", std::string(work.launch->op->name)},
                       {"name", work.launch->label},
                       {"phase", std::string(ir::to_text(work.launch->context.phase))},
                       {"output", dims_json(work.launch->outputs.at(0).extent)},
                       {"turns", work.turns},
                       {"flop", work.flop},
                       {"in_bytes", moved.in},
                       {"out_bytes", moved.out},
                       {"least_bytes", moved.least},
                       {"streamed_in_bytes", moved.streamed_in},
                       {"streamed_out_bytes", moved.streamed_out},
                       {"staying", std::move(staying)}};
    if (chip.engine) step.emplace_back("on", std::string(agent_of(*work.launch)));
    if (!cycles.empty()) step.emplace_back("predicted_cycles", cycles.at(work.step));
    steps.emplace_back(std::move(step));
  }
  return steps;
}

}  // namespace

Work work_of(const schedule::EntryPoint& entry_point) {
  Work work;
  for (const schedule::Step& step : entry_point.steps) {
    const auto* launch = std::get_if<schedule::Launch>(&step);
    if (launch == nullptr) continue;
    const int64_t flop = schedule::flop(*launch);
    switch (launch->context.phase) {
      case ir::Phase::forward:
      case ir::Phase::loss:
        work.forward += flop;
        break;
      case ir::Phase::backward:
        work.backward += flop;
        break;
      case ir::Phase::update:
        work.update += flop;
        break;
    }
  }
  return work;
}

Work work_of(const schedule::Schedule& schedule, ir::GraphKind kind) {
  const schedule::EntryPoint* entry_point = schedule::find_entry_point(schedule, kind);
  return entry_point == nullptr ? Work{} : work_of(*entry_point);
}

std::vector<LaunchWork> launches_of(const schedule::Schedule& schedule) {
  std::vector<LaunchWork> launches;
  int64_t step = 0;
  for (const schedule::EntryPoint& entry_point : schedule.entry_points)
    for (const schedule::Stretch& stretch : schedule::stretches(entry_point, step)) {
      for (size_t place = 0; place < stretch.body; ++place) {
        const auto turns = schedule::in_turns<schedule::Launch>(entry_point, stretch, place);
        if (turns.empty()) continue;
        LaunchWork& work =
            launches.emplace_back(LaunchWork{.step = stretch.number + static_cast<int64_t>(place),
                                             .entry_point = &entry_point,
                                             .launch = turns.front(),
                                             .turns = std::ssize(turns)});
        for (const schedule::Launch* launch : turns) work.flop += schedule::flop(*launch);
      }
      step = stretch.number + static_cast<int64_t>(stretch.body);
    }
  return launches;
}

ParameterCount count_parameters(const IdVector<ir::VariableId, ir::Variable>& variables) {
  ParameterCount count;
  for (const ir::Variable& variable : variables) {
    if (variable.kind != ir::VariableKind::parameter) continue;
    count.all += ir::element_count(variable.type);
    if (variable.is_trained) count.trained += ir::element_count(variable.type);
  }
  return count;
}

JsonObject report_json(const Compilation& c, std::string_view source) {
  const ParameterCount parameters = count_parameters(c.schedule.variables);
  JsonObject report = {{"source", printable(base_name(source))},
                       {"net", c.program.net},
                       {"prefix", c.program.prefix},
                       {"deploy", c.program.deployment.name},
                       {"chip", c.program.deployment.chip.name}};
  if (c.program.deployment.allows_recompute) report.emplace_back("recompute", "allowed, not used");
  if (c.program.training) {
    report.emplace_back("train", c.program.training->name);
    report.emplace_back("batch", c.program.training->batch);
    report.emplace_back("accumulate", c.program.training->accumulate);
  }
  report.emplace_back("parameters", parameters.all);
  report.emplace_back("trained_parameters", parameters.trained);
  JsonArray work;
  for (const schedule::EntryPoint& entry_point : c.schedule.entry_points) {
    const Work each = work_of(entry_point);
    work.emplace_back(JsonObject{{"entry_point", entry_point.name},
                                 {"forward_flop", each.forward},
                                 {"backward_flop", each.backward},
                                 {"update_flop", each.update}});
  }
  report.emplace_back("work", std::move(work));
  JsonArray variables;
  for (const ir::Variable& variable : c.schedule.variables)
    variables.emplace_back(JsonObject{{"path", variable.path},
                                      {"kind", std::string(ir::to_text(variable.kind))},
                                      {"dims", dims_json(variable.type.dims)},
                                      {"is_trained", variable.is_trained}});
  report.emplace_back("variables", std::move(variables));
  report.emplace_back("memory", memory_json(c));
  report.emplace_back("steps", steps_json(c));
  return report;
}

std::string report_text(const check::Program& program, const schedule::Schedule& schedule,
                        const memory::MemoryPlan& plan) {
  const ParameterCount parameters = count_parameters(schedule.variables);
  std::string text = fmt::format("{}: {} parameters", program.net, parameters.all);
  if (program.training)
    text +=
        fmt::format(", {} trained by `{}` (batch {}, accumulate {})", parameters.trained,
                    program.training->name, program.training->batch, program.training->accumulate);
  if (program.deployment.allows_recompute) text += "\nrecompute: allowed, not used";
  text += "\n\nwork, FLOP a call        forward    backward      update\n";
  for (const schedule::EntryPoint& entry_point : schedule.entry_points) {
    const Work work = work_of(entry_point);
    text += fmt::format("  {:<18} {:>11} {:>11} {:>11}\n", entry_point.name, work.forward,
                        work.backward, work.update);
  }
  text += "\n" + memory::to_text(memory::report_memory(schedule, program.deployment.chip, plan));
  return text;
}

}  // namespace tdc::driver
