#include "emit/emit_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <set>

#include "emit/c_names.h"
#include "emit/emit_weights.h"
#include "emit/program_data.h"
#include "emit/words.h"
#include "ops/registry.h"
#include "schedule/loops.h"
#include "support/check.h"
#include "support/text.h"

// One function per entry point, one block per launch:
//
//   { /* 4: fc1 (matmul, forward) */
//     static const td_matmul_f32_args args TD_CONSTANT(L2) = {.y = (float*)(void*)(mlp_l2 + 1024),
//     ...}; TD_MARK(4); td_team_run(run_td_matmul_f32, &args);
//   }
//
// Steps that are marked as turns of a loop are written once, in a `for` over `turn`; what changes
// in an argument struct is then an expression of `turn` or an entry of a table (`emit/words.h`).
//
// Argument structs are constants wherever no pointer of the caller is in them, so that they cost
// neither stack nor code. The learning rate and 1 / count lie in a static struct for that reason.

namespace tdc::emit {
namespace {

using schedule::BufferKind;

std::string_view c_type(ir::DType dtype) {
  return dtype == ir::DType::i32 ? "int32_t" : "float";
}

/// The type of an input of the net, without a batch axis.
const ir::TensorType& input_type(const Model& model, std::string_view name) {
  const ir::Graph* sample = model.program.module.find_graph("sample");
  TDC_CHECK(sample != nullptr, "a checked program has a graph of one sample");
  const auto found = std::find_if(sample->inputs.begin(), sample->inputs.end(),
                                  [&](const ir::Input& input) { return input.name == name; });
  TDC_CHECK(found != sample->inputs.end(), "no input is called `{}`", name);
  return sample->type(found->value);
}

std::string scaling_prototype(const Model& model, const check::InputScaling& scaling) {
  return fmt::format("{}_status {}(const uint8_t* bytes, float* input)", model.program.prefix,
                     scaling_name(model, scaling.input));
}

/// The extent of the table of variables.
std::string variable_array_extent(const Model& model) {
  return listed_variables(model.schedule) == 0 ? "1" : upper(model.program.prefix) + "_VARIABLES";
}

class SourceWriter {
 public:
  explicit SourceWriter(const Model& model)
      : model_(model), prefix_(model.program.prefix), schedule_(model.schedule) {
    for (const memory::LevelPlan& level : model.plan.levels)
      for (const memory::Placement& placement : level.placements)
        placements_[placement.buffer] = {level.level, placement.offset};
  }

  std::string run() {
    const std::string entry_points = write_entry_points();
    text_ = fmt::format("/* {0}: see {1}. Written by tdc. */\n#include \"{1}\"\n\n",
                        model_.program.net, file_names(prefix_).include);
    if (model_.program.data) text_ += "#include \"td_input.h\"\n";
    text_ += "#include \"td_kernels.h\"\n#include \"td_platform.h\"\n";
    if (has_schedule()) text_ += "#include \"td_schedule.h\"\n";
    text_ += "\n" + weight_declarations(model_);
    write_arenas();
    write_state();
    write_variables();
    write_wrappers();
    write_init();
    write_scaling();
    return text_ + entry_points;
  }

 private:
  bool has_schedule() const {
    if (!model_.program.training) return false;
    const check::LearningRateSchedule& schedule = model_.program.training->schedule;
    return schedule.kind != check::LearningRateSchedule::Kind::constant ||
           schedule.warmup_steps > 0;
  }

  void write_arenas() {
    text_ += "\n/* Live variables and everything between the steps of an entry point. */\n";
    for (const memory::LevelPlan& level : model_.plan.levels)
      if (level.peak.count > 0)
        text_ += fmt::format("static uint8_t {}[{}] TD_MEMORY({});\n",
                             arena_name(model_, level.level), arena_macro(model_, level.level),
                             model_.program.deployment.chip.levels[level.level].name);
  }

  void write_state() {
    const chip::Chip& chip = model_.program.deployment.chip;
    const std::string place = fmt::format("TD_MEMORY({})", chip.levels[chip.tensors].name);
    text_ += "\nstatic struct {\n  uint32_t is_ready;\n";
    if (model_.program.training)
      text_ +=
          "  uint32_t updates;       /* done since init */\n"
          "  uint32_t micro_batches; /* summed since the last update */\n";
    text_ += fmt::format("}} state {};\n", place);
    if (model_.program.training)
      text_ += fmt::format(
          "\n/* What an update reads at run time. */\nstatic struct {{\n  float learning_rate;\n"
          "  float inverse_count; /* 1 / number of samples whose gradients were summed */\n"
          "}} scalars {};\n",
          place);
  }

  void write_variables() {
    std::string paths, entries;
    for (const ir::VariableId id : schedule_.variables.ids()) {
      const ir::Variable& variable = schedule_.variables[id];
      if (variable.kind == ir::VariableKind::accumulator) continue;
      paths += fmt::format("static const char {}[{}] TD_CONSTANT({}) = {};\n", path_name(id),
                           path_bytes(variable).count, constants_level(model_),
                           string_literal(variable.path));
      entries += variable_entry(id);
    }
    if (!paths.empty()) text_ += "\n" + paths;
    text_ += fmt::format("\nconst {0}_variable {0}_variables[{1}] TD_CONSTANT({2}) = {{\n{3}}};\n",
                         prefix_, variable_array_extent(model_), constants_level(model_),
                         entries.empty() ? "    {.path = 0},\n" : entries);
  }

  static std::string path_name(ir::VariableId id) { return fmt::format("path_{}", id.index); }

  std::string variable_entry(ir::VariableId id) const {
    const ir::Variable& variable = schedule_.variables[id];
    const schedule::BufferId buffer = model_.variable_buffers[id];
    const bool is_live = schedule_.buffers[buffer].kind == BufferKind::variable;
    const std::string address =
        is_live ? arena_address(buffer, 0, variable.type.dtype) : image_name(model_, id);
    std::string dims;
    for (const int64_t extent : variable.type.dims)
      dims += fmt::format("{}{}", dims.empty() ? "" : ", ", extent);
    return fmt::format(
        "    {{.path = {},\n     .value = {},\n     .live = {},\n"
        "     .elements = {},\n     .rank = {},\n     .dims = {{{}}},\n     .kind = {}}},\n",
        path_name(id), address, is_live ? address : "0", ir::element_count(variable.type),
        variable.type.rank(), dims.empty() ? "0" : dims, variable_kind(variable.kind));
  }

  std::string variable_kind(ir::VariableKind kind) const {
    return fmt::format("{}_{}", upper(prefix_),
                       kind == ir::VariableKind::parameter ? "PARAMETER"
                       : kind == ir::VariableKind::state   ? "STATE"
                                                           : "OPTIMIZER_SLOT");
  }

  void write_wrappers() {
    if (!used_kernels_.empty()) text_ += "\n";
    for (const std::string_view kernel : used_kernels_)
      text_ += fmt::format(
          "static void run_{0}(const void* args, td_team team) {{\n  {0}((const {0}_args*)args, "
          "team);\n}}\n",
          kernel);
  }

  void write_init() {
    text_ += fmt::format(
        "\n{0}_status {0}_init(const {0}_config* config) {{\n  (void)config; /* nothing here is "
        "random */\n",
        prefix_);
    for (const ir::VariableId id : schedule_.variables.ids()) {
      const schedule::BufferId buffer = model_.variable_buffers[id];
      if (schedule_.buffers[buffer].kind != BufferKind::variable) continue;
      const ir::Variable& variable = schedule_.variables[id];
      const std::string address = arena_address(buffer, 0, variable.type.dtype);
      if (has_image(model_, id))
        text_ +=
            fmt::format("  td_dma_copy({}, {}, {}, 1, 0, 0); /* {} */\n", address,
                        image_name(model_, id), ir::byte_size(variable.type).count, variable.path);
      else
        text_ += fmt::format("  fill_zero({}, {}); /* {} */\n", address,
                             ir::element_count(variable.type), variable.path);
    }
    text_ += "  td_dma_wait_all();\n";
    if (model_.program.training) text_ += "  state.updates = 0;\n  state.micro_batches = 0;\n";
    text_ += fmt::format("  state.is_ready = 1;\n  return {}_OK;\n}}\n", upper(prefix_));
    if (text_.find("fill_zero(") != std::string::npos) {
      const size_t at = text_.find(fmt::format("\n{0}_status {0}_init", prefix_));
      text_.insert(at,
                   "\nstatic void fill_zero(float* to, uint32_t elements) {\n"
                   "  for (uint32_t i = 0; i < elements; ++i) to[i] = 0.0f;\n}\n");
    }
  }

  void write_scaling() {
    if (!model_.program.data) return;
    const auto numbers = [](const std::vector<float>& values) {
      std::string text;
      for (const float value : values) text += (text.empty() ? "" : ", ") + float_literal(value);
      return text;
    };
    for (const check::InputScaling& scaling : model_.program.data->scalings) {
      const int64_t elements = ir::element_count(input_type(model_, scaling.input));
      const int64_t channel_elements = elements / std::ssize(scaling.mean);
      text_ += fmt::format(
          "\n{0} {{\n  static const float mean[] TD_CONSTANT({6}) = {{{1}}};\n"
          "  static const float deviation[] TD_CONSTANT({6}) = {{{2}}};\n"
          "  if (!bytes || !input) return {3}_NULL_POINTER;\n"
          "  for (uint32_t i = 0; i < {4}; ++i)\n"
          "    input[i] = td_scaled_byte(bytes[i], mean[i / {5}], deviation[i / {5}]);\n"
          "  return {3}_OK;\n}}\n",
          scaling_prototype(model_, scaling), numbers(scaling.mean), numbers(scaling.deviation),
          upper(prefix_), elements, channel_elements, constants_level(model_));
    }
  }

  // ---- entry points ----------------------------------------------------------------------------

  std::string write_entry_points() {
    std::string text;
    if (model_.program.training) text += learning_rate_function();
    std::string body;
    for (const schedule::EntryPoint& entry_point : schedule_.entry_points) {
      const std::string steps = write_steps(entry_point);
      if (entry_point.name == "apply")
        // The update stands before its callers.
        text += apply_function(steps);
      else
        body += public_function(entry_point, steps);
    }
    text += body;
    if (model_.program.training) text += flush_function();
    if (text.find("copy_elements(") != std::string::npos)
      text.insert(0,
                  "\nstatic void copy_elements(void* to, const void* from, uint32_t elements) {\n"
                  "  const uint32_t* source = (const uint32_t*)from;\n"
                  "  uint32_t* target = (uint32_t*)to;\n"
                  "  for (uint32_t i = 0; i < elements; ++i) target[i] = source[i];\n}\n");
    return text;
  }

  std::string learning_rate_function() const {
    const check::Training& training = *model_.program.training;
    const check::LearningRateSchedule& schedule = training.schedule;
    const std::string base = float_literal(static_cast<float>(training.optimizer.learning_rate));
    std::string text =
        "\n/* The learning rate of update number `update`, counted from 0. */\n"
        "static float learning_rate(uint32_t update) {\n";
    switch (schedule.kind) {
      case check::LearningRateSchedule::Kind::constant:
        if (schedule.warmup_steps == 0)
          text += fmt::format("  (void)update;\n  return {};\n", base);
        else
          text += fmt::format("  return {} * td_schedule_warmup(update, {});\n", base,
                              schedule.warmup_steps);
        break;
      case check::LearningRateSchedule::Kind::linear:
      case check::LearningRateSchedule::Kind::cosine:
        text += fmt::format(
            "  return {} * td_schedule_{}(update, {}, {}, {});\n", base,
            schedule.kind == check::LearningRateSchedule::Kind::linear ? "linear" : "cosine",
            schedule.warmup_steps, schedule.total_steps,
            float_literal(static_cast<float>(schedule.final_factor)));
        break;
    }
    return text + "}\n";
  }

  std::string apply_function(const std::string& steps) const {
    return fmt::format(
        "\n/* One update with the mean over everything summed, which is then cleared. */\n"
        "static void apply(void) {{\n"
        "  scalars.learning_rate = learning_rate(state.updates);\n"
        "  scalars.inverse_count = 1.0f / (float)(state.micro_batches * {0}_BATCH);\n{1}"
        "  state.micro_batches = 0;\n  ++state.updates;\n}}\n",
        upper(prefix_), steps);
  }

  std::string public_function(const schedule::EntryPoint& entry_point,
                              const std::string& steps) const {
    std::string text = fmt::format("\n{0}_status {0}_{1}({2}) {{\n", prefix_, entry_point.name,
                                   parameter_list(entry_point, schedule_));
    std::string nulls;
    std::set<std::string> seen;
    for (const schedule::Argument& argument : entry_point.arguments) {
      const std::string name = c_argument(argument);
      if (name.empty() || !seen.insert(name).second) continue;
      nulls += fmt::format("{}{} == 0", nulls.empty() ? "" : " || ", name);
    }
    text += fmt::format("  if (!state.is_ready) return {}_NOT_READY;\n", upper(prefix_));
    if (!nulls.empty())
      text += fmt::format("  if ({}) return {}_NULL_POINTER;\n", nulls, upper(prefix_));
    text += class_checks(entry_point);
    const bool is_train_step = entry_point.name == "train_step";
    const bool accumulates = is_train_step && find_entry_point(schedule_, "apply") != nullptr;
    if (is_train_step && !accumulates)
      text += fmt::format(
          "  scalars.learning_rate = learning_rate(state.updates);\n"
          "  scalars.inverse_count = 1.0f / (float){}_BATCH;\n",
          upper(prefix_));
    text += steps;
    if (is_train_step && !accumulates) text += "  ++state.updates;\n";
    if (accumulates)
      text +=
          fmt::format("  if (++state.micro_batches == {}_ACCUMULATE) apply();\n", upper(prefix_));
    return text + fmt::format("  return {}_OK;\n}}\n", upper(prefix_));
  }

  /// Every class number is one of its type's, before anything is done with any: as an unsigned
  /// number, a negative one is too large (c-4).
  std::string class_checks(const schedule::EntryPoint& entry_point) const {
    std::string text;
    for (const schedule::Argument& argument : entry_point.arguments) {
      if (argument.classes == 0) continue;
      const int64_t count = ir::element_count(schedule_.buffers[argument.buffer].type);
      if (count > 1) text += fmt::format("  for (uint32_t i = 0; i < {}; ++i)\n  ", count);
      text += fmt::format("  if ((uint32_t){}[{}] >= {}u) return {}_OUT_OF_RANGE;\n",
                          parameter_name(argument), count > 1 ? "i" : "0", argument.classes,
                          upper(prefix_));
    }
    return text;
  }

  std::string flush_function() const {
    const bool accumulates = find_entry_point(schedule_, "apply") != nullptr;
    return fmt::format(
        "\n{0}_status {0}_flush(void) {{\n  if (!state.is_ready) return {1}_NOT_READY;\n{2}"
        "  return {1}_OK;\n}}\n",
        prefix_, upper(prefix_), accumulates ? "  if (state.micro_batches > 0) apply();\n" : "");
  }

  /// The C parameter of an argument; empty for run-time scalars.
  std::string c_argument(const schedule::Argument& argument) const {
    return is_runtime_scalar(argument) ? "" : parameter_name(argument);
  }

  std::string write_steps(const schedule::EntryPoint& entry_point) {
    arguments_.clear();
    caller_buffers_ = caller_buffers(entry_point);
    int metric = 0;
    for (const schedule::Argument& argument : entry_point.arguments) {
      std::string expression = c_argument(argument);
      if (expression.empty())
        expression = argument.input_kind == ir::InputKind::learning_rate ? "&scalars.learning_rate"
                                                                         : "&scalars.inverse_count";
      else if (expression == "metrics")
        expression = fmt::format("metrics + {}", metric++);
      arguments_[argument.buffer] = std::move(expression);
    }
    std::string text;
    for (const schedule::Stretch& stretch : schedule::stretches(entry_point, step_)) {
      text += stretch.loop ? write_loop(entry_point, stretch)
                           : write_step(entry_point, stretch, 0, "  ");
      step_ += static_cast<int64_t>(stretch.body);
    }
    return text;
  }

  /// Tables stand before the loop that reads them.
  std::string write_loop(const schedule::EntryPoint& entry_point,
                         const schedule::Stretch& stretch) {
    std::string body;
    for (size_t i = 0; i < stretch.body; ++i) body += write_step(entry_point, stretch, i, "      ");
    const schedule::Loop& loop = schedule_.loops[*stretch.loop];
    const std::string text = fmt::format(
        "  {{ /* {} turns of the `repeat` in {}{} */\n{}"
        "    for (intptr_t turn = 0; turn < {}; ++turn) {{\n{}    }}\n  }}\n",
        stretch.turns, place_of(loop.origin), loop.runs_down ? ", the last first" : "", tables_,
        stretch.turns, body);
    tables_.clear();
    return text;
  }

  /// `net.td:12`.
  std::string place_of(SourceRange range) const {
    const std::string& path = model_.files.name(range.file);
    return fmt::format("{}:{}", printable(path.substr(path.rfind('/') + 1)),
                       model_.files.line_column(range.file, range.begin).line);
  }

  /// One step, in all turns if it stands in a loop.
  std::string write_step(const schedule::EntryPoint& entry_point, const schedule::Stretch& stretch,
                         size_t place, std::string_view indent) {
    const int64_t number = stretch.number + static_cast<int64_t>(place);
    const auto launches = schedule::in_turns<schedule::Launch>(entry_point, stretch, place);
    if (!launches.empty()) return write_launch(launches, number, indent);
    const auto copies = schedule::in_turns<schedule::Copy>(entry_point, stretch, place);
    TDC_CHECK(!copies.empty(), "schedules hold launches and copies only");
    return write_copy(copies, number, indent);
  }

  /// Loops over the outer axes of the views, and a run of elements that lie side by side.
  std::string write_copy(const std::vector<const schedule::Copy*>& turns, int64_t number,
                         std::string_view indent) {
    const auto& [extent, to_stride, from_stride] = schedule::shapes_of(*turns.front());
    TDC_CHECK(!turns.front()->transfer && turns.front()->from.extent == extent,
              "copies are done at once, between equal shapes");
    size_t outer = extent.size();
    int64_t run = 1;
    while (outer > 0 && (extent[outer - 1] == 1 ||
                         (to_stride[outer - 1] == run && from_stride[outer - 1] == run)))
      run *= extent[--outer];
    const auto [to_fit, from_fit] = copy_fits(words_, turns);
    std::string loops;
    const std::string_view element = c_type(schedule_.buffers[turns.front()->to.buffer].type.dtype);
    std::string to = fit_text(to_fit, fmt::format("to_{}", number), fmt::format("{}*", element));
    std::string from =
        fit_text(from_fit, fmt::format("from_{}", number), fmt::format("const {}*", element));
    if (outer > 0) {
      to = fmt::format("({})", to);
      from = fmt::format("({})", from);
    }
    for (size_t axis = 0; axis < outer; ++axis) {
      if (extent[axis] == 1) continue;
      loops += fmt::format("{2}for (uint32_t i{0} = 0; i{0} < {1}; ++i{0})\n  ", axis, extent[axis],
                           indent);
      to += fmt::format(" + i{} * {}", axis, to_stride[axis]);
      from += fmt::format(" + i{} * {}", axis, from_stride[axis]);
    }
    return fmt::format("{}{}copy_elements({}, {}, {});\n", loops, indent, to, from, run);
  }

  std::string write_launch(const std::vector<const schedule::Launch*>& turns, int64_t number,
                           std::string_view indent) {
    const schedule::Launch& launch = *turns.front();
    const ops::KernelDef& kernel = *launch.op->kernel;
    used_kernels_.insert(kernel.name);
    const std::vector<std::vector<Fit>> fits = argument_fits(words_, turns);
    std::string fields;
    for (size_t i = 0; i < kernel.fields.size(); ++i)
      fields += fmt::format("{}\n{}      .{} = {}", fields.empty() ? "" : ",", indent,
                            kernel.fields[i].name, field_text(kernel.fields[i], fits[i], number));
    const bool is_constant = has_constant_arguments(caller_buffers_, fits);
    const std::string op_name =
        launch.label == launch.op->name
            ? std::string(ir::to_text(launch.phase))
            : fmt::format("{}, {}", launch.op->name, ir::to_text(launch.phase));
    return fmt::format(
        "{8}{{ /* {0}: {1} ({2}) */\n{8}  {3}const {4}_args args{5} = {{{6}}};\n"
        "{8}  TD_MARK({0});\n{8}  td_team_run(run_{7}, &args);\n{8}}}\n",
        number, launch.label, op_name, is_constant ? "static " : "", kernel.name,
        is_constant ? fmt::format(" TD_CONSTANT({})", constants_level(model_)) : "", fields,
        kernel.name, indent);
  }

  std::string field_text(const ops::KernelField& field, const std::vector<Fit>& fits,
                         int64_t number) {
    std::string_view type = "int32_t";
    if (field.kind == ops::FieldKind::input) type = "const void*";
    if (field.kind == ops::FieldKind::output || field.kind == ops::FieldKind::scratch)
      type = "void*";
    if (field.kind == ops::FieldKind::flag) type = "uint32_t";
    if (field.kind == ops::FieldKind::real) type = "float";
    const std::string name = fmt::format("{}_{}", field.name, number);
    if (field.kind != ops::FieldKind::counts) return fit_text(fits.at(0), name, type);
    std::string list;
    for (size_t i = 0; i < fits.size(); ++i)
      list += (list.empty() ? "" : ", ") + fit_text(fits[i], fmt::format("{}_{}", name, i), type);
    return "{" + list + "}";
  }

  // ---- words -----------------------------------------------------------------------------------

  /// What a word is in the turn `turn`; a table that it needs is added to `tables_`.
  std::string fit_text(const Fit& fit, const std::string& name, std::string_view type) {
    std::string text;
    if (fit.table.size() == 1) {
      text = word_text(fit.table.front(), fit.step);
      if (fit.step != 0 && !type.ends_with('*')) text = fmt::format("({})({})", type, text);
    } else {
      text = fmt::format("{}[turn{}]", name,
                         std::ssize(fit.table) < fit.turns ? fmt::format(" % {}", fit.table.size())
                                                           : std::string());
      add_table(fit, name, type);
    }
    if (fit.last)
      text = fmt::format("turn == {} ? {} : {}", fit.turns - 1, word_text(*fit.last, 0), text);
    if (fit.first) text = fmt::format("turn == 0 ? {} : {}", word_text(*fit.first, 0), text);
    return text;
  }

  void add_table(const Fit& fit, const std::string& name, std::string_view type) {
    std::string entries;
    for (const Word& word : fit.table)
      entries += (entries.empty() ? "" : ", ") + word_text(word, 0);
    const bool is_static = is_constant_table(caller_buffers_, fit);
    tables_ += fmt::format(
        "    {}{} const {}[{}]{} = {{{}}};\n", is_static ? "static " : "", type, name,
        fit.table.size(), is_static ? fmt::format(" TD_CONSTANT({})", constants_level(model_)) : "",
        entries);
  }

  /// `7 + 2 * turn`; steps are not 0.
  static std::string affine_text(int64_t begin, int64_t step) {
    const std::string steps = step == 1 ? "turn" : fmt::format("{} * turn", step);
    return begin == 0 ? steps : fmt::format("{} + {}", begin, steps);
  }

  /// A word to which `step` is added in each turn.
  std::string word_text(const Word& word, int64_t step) const {
    switch (word.kind) {
      case Word::Kind::integer:
        return step == 0 ? fmt::format("{}", word.number) : affine_text(word.number, step);
      case Word::Kind::real:
        return float_literal(std::bit_cast<float>(static_cast<int32_t>(word.number)));
      case Word::Kind::address:
        return word.storage.is_valid() ? address(word, step) : "0";
    }
    return "";
  }

  // ---- addresses -------------------------------------------------------------------------------

  std::string address(const Word& word, int64_t step) const {
    const schedule::Buffer& buffer = schedule_.buffers[word.storage];
    const auto plus = [&](const std::string& base) {
      if (step == 0) return word.number == 0 ? base : fmt::format("{} + {}", base, word.number);
      return fmt::format("{} + ({})", base, affine_text(word.number, step));
    };
    switch (buffer.kind) {
      case BufferKind::argument:
        return plus(arguments_.at(word.storage));
      case BufferKind::constant:
        return plus(image_name(model_, *buffer.variable));
      case BufferKind::temporary:
      case BufferKind::variable:
        return arena_address(word.storage, word.number, word.dtype, step);
    }
    return "";
  }

  std::string arena_address(schedule::BufferId buffer, int64_t elements, ir::DType dtype,
                            int64_t step = 0) const {
    const auto& [level, offset] = placements_.at(model_.alias_roots[buffer]);
    const int64_t element_bytes = ir::byte_size(dtype).count;
    const int64_t begin = offset.count + elements * element_bytes;
    const std::string distance =
        step == 0 ? fmt::format("{}", begin)
                  : fmt::format("({})", affine_text(begin, step * element_bytes));
    return fmt::format("({}*)(void*)({} + {})", c_type(dtype), arena_name(model_, level), distance);
  }

  const Model& model_;
  const std::string& prefix_;
  const schedule::Schedule& schedule_;
  std::map<schedule::BufferId, std::pair<LevelId, Bytes>> placements_;
  std::map<schedule::BufferId, std::string> arguments_;  // of the entry point being written
  std::set<schedule::BufferId> caller_buffers_;          // the same
  Words words_{schedule_};
  std::set<std::string_view> used_kernels_;
  std::string tables_;  // of the loop being written
  int64_t step_ = 0;    // counted through all entry points
  std::string text_;
};

std::string shape_comment(const schedule::EntryPoint& entry_point,
                          const schedule::Schedule& schedule) {
  std::string text;
  for (const schedule::Argument& argument : entry_point.arguments) {
    if (!argument.is_output && argument.input_kind != ir::InputKind::sample &&
        argument.input_kind != ir::InputKind::target)
      continue;
    const bool is_metric = argument.is_output && argument.output_kind == ir::OutputKind::metric;
    text += fmt::format(" *   {}: {}", is_metric ? argument.name : parameter_name(argument),
                        ir::to_text(schedule.buffers[argument.buffer].type));
    if (argument.classes > 0)
      text += fmt::format(", each 0 to {}, which is checked", argument.classes - 1);
    if (is_metric) text += " (in `metrics`)";
    text += "\n";
  }
  return text;
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
  const std::string& prefix = model.program.prefix;
  const std::string macro = upper(prefix);
  const check::Deployment& deployment = model.program.deployment;
  std::string text = fmt::format("/* {}", model.program.net);
  if (model.program.training)
    text += fmt::format(", trained by `{}`", model.program.training->name);
  text += fmt::format(", for {}. Written by tdc.\n *\n", deployment.chip.name);
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
  if (model.program.training)
    text += fmt::format(
        "\n#define {0}_BATCH {1} /* samples of one {2}_train_step */\n"
        "#define {0}_ACCUMULATE {3} /* calls of it for one update */\n",
        macro, model.program.training->batch, prefix, model.program.training->accumulate);
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
      "\ntypedef enum {{ {0}_PARAMETER = 0, {0}_STATE = 1, {0}_OPTIMIZER_SLOT = 2 }} "
      "{1}_variable_kind;\n"
      "\n/* What lives between calls. Read and write it between calls only. */\ntypedef struct {{\n"
      "  const char* path;   /* as in the .td file */\n"
      "  const float* value; /* the elements */\n"
      "  float* live;        /* the same, to write; null if frozen */\n"
      "  uint32_t elements;\n  uint32_t rank;\n  int32_t dims[{2}];\n  {1}_variable_kind kind;\n"
      "}} {1}_variable;\nextern const {1}_variable {1}_variables[{3}];\n",
      macro, prefix, table_rank(model.schedule), variable_array_extent(model));
  text += fmt::format(
      "\n/* Puts every trained weight back to its initial image; counters start again. Call it "
      "first. */\n"
      "{0}_status {0}_init(const {0}_config* config);\n",
      prefix);
  const std::map<std::string_view, std::string> summaries = {
      {"infer", "The net's results for one sample."},
      {"eval", "Loss and metrics of one sample. No side effects."},
      {"train_step",
       model.program.training && model.program.training->accumulate > 1
           ? fmt::format(
                 "One micro-batch; every {}_ACCUMULATE-th call updates the weights. The loss "
                 "is the\n * mean over the micro-batch, before the update.",
                 macro)
           : std::string("One batch and one update. The loss is the mean over the batch, before "
                         "the update.")}};
  for (const schedule::EntryPoint& entry_point : model.schedule.entry_points) {
    const auto summary = summaries.find(entry_point.name);
    if (summary == summaries.end()) continue;
    text += fmt::format("\n/* {}\n{} */\n{}_status {}_{}({});\n", summary->second,
                        shape_comment(entry_point, model.schedule), prefix, prefix,
                        entry_point.name, parameter_list(entry_point, model.schedule));
  }
  if (model.program.training)
    text += fmt::format(
        "\n/* Applies a group of micro-batches that is not full yet, with its true mean. Does "
        "nothing\n"
        " * if there is none. */\n{0}_status {0}_flush(void);\n",
        prefix);
  if (model.program.data)
    for (const check::InputScaling& scaling : model.program.data->scalings) {
      const ir::TensorType& type = input_type(model, scaling.input);
      text += fmt::format(
          "\n/* One `{}` from bytes, scaled as the runs of tdc scale those of a data file:\n"
          " * (byte / 255 - mean) / std{}. */\n{};\n",
          scaling.input,
          scaling.mean.size() > 1
              ? fmt::format(" of the channel, {} of {} elements", scaling.mean.size(),
                            ir::element_count(type) / std::ssize(scaling.mean))
              : fmt::format(" of {} elements", ir::element_count(type)),
          scaling_prototype(model, scaling));
    }
  text += "\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n";
  return text;
}

std::string emit_source(const Model& model) {
  return SourceWriter(model).run();
}

}  // namespace tdc::emit
