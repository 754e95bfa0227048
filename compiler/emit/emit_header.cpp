#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "emit/c_names.h"
#include "emit/emit_model.h"
#include "emit/program_data.h"

namespace tdc::emit {
namespace {

std::string shape_comment(const schedule::EntryPoint& entry_point,
                          const schedule::Schedule& schedule) {
  std::string text;
  for (const schedule::Argument& argument : entry_point.arguments) {
    if (!argument.is_output && argument.input_kind != ir::InputKind::sample &&
        argument.input_kind != ir::InputKind::target)
      continue;
    const bool is_metric = argument.is_output && ir::is_in_metrics(argument.output_kind);
    text += fmt::format(" *   {}: {}", is_metric ? argument.name : parameter_name(argument),
                        ir::to_text(schedule.buffers[argument.buffer].type));
    if (argument.classes > 0)
      text += fmt::format(", each 0 to {}, which is checked", argument.classes - 1);
    if (is_metric) text += " (in `metrics`)";
    text += "\n";
  }
  return text;
}

/// How to reach weights that cores cannot; nothing if there are none.
std::string reach_of_weights(const Model& model) {
  const chip::Chip& chip = model.interface.chip;
  const bool has_streamed =
      std::ranges::any_of(model.variable_buffers, [&](schedule::BufferId buffer) {
        return chip.streams_from(model.schedule.buffers[buffer].level);
      });
  if (!has_streamed) return "";
  return fmt::format("\n * Some lie in {}, which only td_dma_copy, td_read and td_write reach.",
                     chip.levels[chip.stream->level].name);
}

}  // namespace

std::span<const ModelStatus> model_statuses() {
  static constexpr std::array<ModelStatus, 4> kStatuses = {{
      {0, "OK", "all is well"},
      {1, "NOT_READY", "the model was not initialised"},
      {2, "NULL_POINTER", "an argument is null"},
      {3, "OUT_OF_RANGE", "a class number is not one of its classes"},
  }};
  return kStatuses;
}

std::string emit_header(const Model& model) {
  const std::string& prefix = model.interface.prefix;
  const std::string macro = upper(prefix);
  std::string text = fmt::format("/* {}", model.interface.net);
  if (model.interface.training)
    text += fmt::format(", trained by `{}`", model.interface.training->name);
  text += fmt::format(", for {}. Written by tdc.\n *\n", model.interface.chip.name);
  text +=
      " * Arrays are dense and row-major, float is IEEE single precision. Nothing here allocates, "
      "and\n"
      " * all state is static: call from one thread of one core. Pointers must be aligned to 4 "
      "and\n"
      " * must not overlap each other.\n */\n";
  text += fmt::format("#ifndef {0}\n#define {0}\n\n#include <stdint.h>\n\n", header_guard(prefix));
  text += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  text += "/* Bytes of the arenas; report.json has the same numbers. */\n";
  for (const memory::LevelPlan& level : model.plan.levels)
    if (level.peak.count > 0)
      text += fmt::format("#define {} {}\n", arena_macro(model, level.level), level.peak.count);
  if (model.interface.training)
    text += fmt::format(
        "\n#define {0}_BATCH {1} /* samples of one {2}_train_step */\n"
        "#define {0}_ACCUMULATE {3} /* calls of it for one update */\n",
        macro, model.interface.training->batch, prefix, model.interface.training->accumulate);
  text += fmt::format("#define {}_VARIABLES {}\n", macro, listed_variables(model.schedule));
  text += "\n/* With every status but the first nothing was done. */\ntypedef enum {\n";
  for (const ModelStatus& status : model_statuses())
    text +=
        fmt::format("  {}_{} = {}, /* {} */\n", macro, status.name, status.value, status.meaning);
  text += fmt::format("}} {}_status;\n", prefix);
  text += fmt::format(
      "\n/* May be null: all zero. */\ntypedef struct {{\n  uint64_t seed; /* of what is random at "
      "run "
      "time; this net has nothing of that kind */\n}} {}_config;\n",
      prefix);
  text += fmt::format(
      "\n/* What lives between calls. Read and write it between calls only.{3} */\n"
      "typedef struct {{\n"
      "  const char* path;   /* as in the .td file */\n"
      "  const float* value; /* the elements */\n"
      "  float* live;        /* the same, to write; null if frozen */\n"
      "  uint32_t elements;\n  uint32_t rank;\n  int32_t dims[{1}];\n"
      "}} {0}_variable;\nextern const {0}_variable {0}_variables[{2}];\n",
      prefix, table_rank(model.schedule), variable_array_extent(model), reach_of_weights(model));
  text += fmt::format(
      "\n/* Puts every trained weight back to its initial image; counters start again. Call it "
      "first. */\n"
      "{0}_status {0}_init(const {0}_config* config);\n",
      prefix);
  const std::map<ir::GraphKind, std::string> summaries = {
      {ir::GraphKind::infer, "The net's results for one sample."},
      {ir::GraphKind::eval, "Loss and metrics of one sample. No side effects."},
      {ir::GraphKind::train_step,
       model.interface.training && model.interface.training->accumulate > 1
           ? fmt::format(
                 "One micro-batch; every {}_ACCUMULATE-th call updates the weights. The loss "
                 "is the\n * mean over the micro-batch, before the update.",
                 macro)
           : std::string("One batch and one update. The loss is the mean over the batch, before "
                         "the update.")}};
  for (const schedule::EntryPoint& entry_point : model.schedule.entry_points) {
    const auto summary = summaries.find(entry_point.kind);
    if (summary == summaries.end()) continue;
    text += fmt::format("\n/* {}\n{} */\n{}_status {}_{}({});\n", summary->second,
                        shape_comment(entry_point, model.schedule), prefix, prefix,
                        entry_point.name, parameter_list(entry_point, model.schedule));
  }
  if (model.interface.training)
    text += fmt::format(
        "\n/* Applies a group of micro-batches that is not full yet, with its true mean. Does "
        "nothing\n"
        " * if there is none. */\n{0}_status {0}_flush(void);\n",
        prefix);
  for (const interface::Field& input : model.interface.inputs) {
    if (!input.is_scaled()) continue;
    const int64_t elements = ir::element_count(input.type);
    const int64_t channels = std::ssize(input.mean);
    text += fmt::format(
        "\n/* One `{}` from bytes, scaled as the runs of tdc scale those of a data file:\n"
        " * (byte / 255 - mean) / std{}. */\n{};\n",
        input.name,
        channels > 1
            ? fmt::format(" of the channel, {} of {} elements", channels, elements / channels)
            : fmt::format(" of {} elements", elements),
        scaling_prototype(model, input));
  }
  text += "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return text;
}

}  // namespace tdc::emit
