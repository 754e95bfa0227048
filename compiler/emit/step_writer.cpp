#include "emit/step_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "emit/c_names.h"
#include "emit/program_data.h"
#include "ops/op.h"
#include "schedule/relocate.h"
#include "schedule/transfers.h"
#include "schedule/uses.h"
#include "support/check.h"
#include "support/text.h"

// One block per launch, with a struct and a run of the team for each call of its kernel:
//
//   { /* 4: fc1 (matmul, forward): f32[8, 64], mlp.td:12 */
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

/// Variables for tickets, if there are any: `  td_dma_ticket transfer_0 = 0, transfer_1 = 0;`.
std::string declarations(std::string_view type, std::string_view name,
                         const std::set<schedule::TicketId>& tickets) {
  std::string list;
  for (const schedule::TicketId ticket : tickets)
    list += fmt::format("{}{}_{} = 0", list.empty() ? "" : ", ", name, ticket.index);
  return list.empty() ? list : fmt::format("  {} {};\n", type, list);
}

}  // namespace

StepWriter::StepWriter(const Model& model, Addresses& addresses)
    : model_(model), schedule_(model.schedule), addresses_(addresses), words_(model.schedule) {}

std::string StepWriter::run(const schedule::EntryPoint& entry_point) {
  caller_buffers_ = caller_buffers(entry_point);
  set_arguments(entry_point);
  numbers_ = schedule::step_numbers(entry_point, step_);
  std::string text;
  for (const schedule::Stretch& stretch : schedule::stretches(entry_point, step_)) {
    text +=
        stretch.loop ? write_loop(entry_point, stretch) : write_step(entry_point, stretch, 0, "  ");
    step_ += static_cast<int64_t>(stretch.body);
  }
  text.insert(0, declarations("td_dma_ticket", "transfer", transfers_) +
                     declarations("td_engine_ticket", "job", jobs_));
  transfers_.clear();
  jobs_.clear();
  return text;
}

void StepWriter::set_arguments(const schedule::EntryPoint& entry_point) {
  std::map<schedule::BufferId, std::string> arguments;
  int metric = 0;
  for (const schedule::Argument& argument : entry_point.arguments)
    arguments[argument.buffer] = is_runtime_scalar(argument)
                                     ? argument.input_kind == ir::InputKind::learning_rate
                                           ? "&scalars.learning_rate"
                                           : "&scalars.inverse_count"
                                 : argument.is_output && ir::is_in_metrics(argument.output_kind)
                                     ? fmt::format("metrics + {}", metric++)
                                     : parameter_name(argument);
  addresses_.set_arguments(std::move(arguments));
}

/// Tables stand before the loop that reads them.
std::string StepWriter::write_loop(const schedule::EntryPoint& entry_point,
                                   const schedule::Stretch& stretch) {
  const schedule::Loop& loop = schedule_.loops[*stretch.loop];
  size_t launches = 0;
  for (size_t place = 0; place < stretch.body; ++place)
    if (!schedule::in_turns<schedule::Launch>(entry_point, stretch, place).empty()) ++launches;
  if (launches > 1) marked_ = kUnknown;  // before the first step may stand the last
  std::string body;
  for (size_t i = 0; i < stretch.body; ++i) body += write_step(entry_point, stretch, i, "      ");
  const std::string_view what =
      loop.kind == schedule::Loop::Kind::repeat ? "turns of the `repeat` in" : "pieces of";
  const std::string place = loop.origin.is_valid() ? place_of(loop.origin) : "a call";
  const std::string text = fmt::format(
      "  {{ /* {} {} {}{} */\n{}"
      "    for (intptr_t turn = 0; turn < {}; ++turn) {{\n{}    }}\n  }}\n",
      stretch.turns, what, place, loop.runs_down ? ", the last first" : "", tables_, stretch.turns,
      body);
  tables_.clear();
  return text;
}

/// `net.td:12`.
std::string StepWriter::place_of(SourceRange range) const {
  const std::string& path = model_.files.name(range.file);
  return fmt::format("{}:{}", printable(path.substr(path.rfind('/') + 1)),
                     model_.files.line_column(range.file, range.begin).line);
}

/// `/* 4: fc1 (matmul, forward): f32[8, 64], mlp.td:12 */`: what a step computes, in a loop each
/// turn's.
std::string StepWriter::comment(int64_t number, const std::string& what, const schedule::View& view,
                                SourceRange origin) const {
  const ir::TensorType type = {.dtype = schedule_.buffers[view.buffer].type.dtype,
                               .dims = view.extent};
  return fmt::format("/* {}: {}: {}{} */", number, what, ir::to_text(type),
                     origin.is_valid() ? ", " + place_of(origin) : "");
}

/// One step, in all turns if it stands in a loop.
std::string StepWriter::write_step(const schedule::EntryPoint& entry_point,
                                   const schedule::Stretch& stretch, size_t place,
                                   std::string_view indent) {
  const schedule::TurnRange range = schedule::turns_at(stretch, place);
  if (range.begin > 0 || range.end < stretch.turns) {
    TDC_CHECK(range.begin == 0 || range.end == stretch.turns, "a step of middle turns only");
    const std::string condition = range.begin > 0 ? fmt::format("turn >= {}", range.begin)
                                                  : fmt::format("turn < {}", range.end);
    const int64_t marked = marked_;
    const std::string step = write_each(entry_point, stretch, place, std::string(indent) + "  ");
    if (marked_ != marked) marked_ = kUnknown;  // in turns without it the last one is another
    return fmt::format("{0}if ({1}) {{\n{2}{0}}}\n", indent, condition, step);
  }
  return write_each(entry_point, stretch, place, indent);
}

/// The step of a place, in all turns that have it.
std::string StepWriter::write_each(const schedule::EntryPoint& entry_point,
                                   const schedule::Stretch& stretch, size_t place,
                                   std::string_view indent) {
  const int64_t number = stretch.number + static_cast<int64_t>(place);
  const auto begin = static_cast<int64_t>(schedule::turns_at(stretch, place).begin);
  const auto launches = schedule::in_turns<schedule::Launch>(entry_point, stretch, place);
  if (!launches.empty()) return write_launch(launches, begin, number, indent);
  const auto copies = schedule::in_turns<schedule::Copy>(entry_point, stretch, place);
  if (!copies.empty())
    return mark_of(entry_point, stretch, place, indent) + write_copy(copies, begin, number, indent);
  return write_wait(entry_point, *stretch.step(static_cast<size_t>(begin), place), indent);
}

/// What is moved for a launch is charged to it.
std::string StepWriter::mark_of(const schedule::EntryPoint& entry_point,
                                const schedule::Stretch& stretch, size_t place,
                                std::string_view indent) {
  const size_t step = *stretch.step(schedule::turns_at(stretch, place).begin, place);
  const auto& copy = std::get<schedule::Copy>(entry_point.steps[step]);
  if (!copy.ticket || !model_.interface.chip.scratchpad) return "";
  const bool is_inward = schedule::is_inward(schedule_, model_.interface.chip, copy);
  const int64_t number = numbers_[schedule::launch_of_transfer(entry_point, step, is_inward)];
  if (marked_ == number) return "";
  marked_ = number;
  return fmt::format("{}TD_MARK_TRANSFERS({});\n", indent, number);
}

/// Loops over the outer axes of the views, and a run of elements that lie side by side. Where there
/// is a DMA it does this: each load of a core from where tensors lie takes long.
std::string StepWriter::write_copy(const std::vector<const schedule::Copy*>& turns, int64_t begin,
                                   int64_t number, std::string_view indent) {
  const schedule::Copy& copy = *turns.front();
  const ir::Dims& extent = copy.to.extent;
  TDC_CHECK(copy.from.extent == extent, "copies are between equal shapes");
  if (copy.ticket || model_.interface.chip.scratchpad)
    return write_transfer(turns, begin, number, indent);
  const schedule::Runs to_runs = schedule::runs_of(copy.to);
  const schedule::Runs from_runs = schedule::runs_of(copy.from);
  const size_t outer = std::max(to_runs.outer, from_runs.outer);
  const auto [to_fit, from_fit] = copy_fits(words_, turns, begin);
  std::string loops;
  const std::string_view element = c_type(schedule_.buffers[copy.to.buffer].type.dtype);
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
    to += fmt::format(" + i{} * {}", axis, copy.to.stride[axis]);
    from += fmt::format(" + i{} * {}", axis, copy.from.stride[axis]);
  }
  parts_.copies = true;
  const std::string what = fmt::format("copy ({})", ir::to_text(copy.context.phase));
  return fmt::format("{}{}\n{}{}copy_elements({}, {}, {});\n", indent,
                     comment(number, what, copy.to, copy.context.origin), loops, indent, to, from,
                     std::min(to_runs.length, from_runs.length));
}

/// One transfer of rows, or a loop of such over the outer axes of the views. A copy that is not in
/// the background is waited for at once.
std::string StepWriter::write_transfer(const std::vector<const schedule::Copy*>& turns,
                                       int64_t begin, int64_t number, std::string_view indent) {
  const schedule::Copy& copy = *turns.front();
  const ir::DType dtype = schedule_.buffers[copy.to.buffer].type.dtype;
  const int64_t element_bytes = ir::byte_size(dtype).count;
  const schedule::Rows rows = schedule::rows_of(copy);
  const auto [to_fit, from_fit] = copy_fits(words_, turns, begin);
  const std::string_view element = c_type(dtype);
  std::string to = fit_text(to_fit, fmt::format("to_{}", number), fmt::format("{}*", element));
  std::string from =
      fit_text(from_fit, fmt::format("from_{}", number), fmt::format("const {}*", element));
  std::string loops;
  if (rows.outer > 0) to = fmt::format("({})", to), from = fmt::format("({})", from);
  for (size_t i = 0; i < rows.outer; ++i) {
    loops += fmt::format("{2}for (uint32_t i{0} = 0; i{0} < {1}; ++i{0})\n  ", i, copy.to.extent[i],
                         indent);
    to += fmt::format(" + i{} * {}", i, copy.to.stride[i]);
    from += fmt::format(" + i{} * {}", i, copy.from.stride[i]);
  }
  std::string call =
      fmt::format("td_dma_copy({}, {}, {}, {}, {}, {})", to, from, rows.length * element_bytes,
                  rows.count, rows.to_stride * element_bytes, rows.from_stride * element_bytes);
  if (!copy.ticket) {
    call = fmt::format("td_dma_wait({})", call);
  } else if (rows.outer == 0) {  // of a loop of transfers no ticket is kept, see `write_wait`
    transfers_.insert(*copy.ticket);
    call = fmt::format("transfer_{} = {}", copy.ticket->index, call);
  }
  const std::string what =
      fmt::format("{} ({})", copy.ticket ? "transfer" : "copy", ir::to_text(copy.context.phase));
  return fmt::format("{}{}\n{}{}{};\n", indent, comment(number, what, copy.to, copy.context.origin),
                     loops, indent, call);
}

/// A loop of transfers has many tickets, so all are waited for.
std::string StepWriter::write_wait(const schedule::EntryPoint& entry_point, size_t step,
                                   std::string_view indent) {
  const schedule::Step* started = schedule::awaited(entry_point, step);
  TDC_CHECK(started != nullptr, "step {} waits for nothing", step);
  const auto* copy = std::get_if<schedule::Copy>(started);
  if (copy == nullptr)
    return fmt::format("{}td_engine_wait(job_{});\n", indent,
                       schedule::started_ticket(*started)->index);
  if (schedule::rows_of(*copy).outer > 0) return fmt::format("{}td_dma_wait_all();\n", indent);
  return fmt::format("{}td_dma_wait(transfer_{});\n", indent, copy->ticket->index);
}

std::string StepWriter::write_launch(const std::vector<const schedule::Launch*>& turns,
                                     int64_t begin, int64_t number, std::string_view indent) {
  const schedule::Launch& launch = *turns.front();
  const ops::KernelDef& kernel = *launch.op->kernel;
  if (launch.is_on_engine)
    schedule::visit_views(launch, [&](const schedule::View& view, bool) {
      TDC_CHECK(schedule::is_near(schedule_, model_.interface.chip, view.buffer),
                "step {} is on the engine, and {} is not in its memory", number,
                schedule_.buffers[view.buffer].name);
    });
  else
    parts_.kernels.insert(kernel.name);
  marked_ = number;
  const std::vector<ArgumentFits> calls = argument_fits(words_, turns, begin);
  if (launch.ticket) {
    TDC_CHECK(calls.size() == 1, "step {} has one ticket and {} calls", number, calls.size());
    jobs_.insert(*launch.ticket);
  }
  std::string structs, runs;
  for (size_t i = 0; i < calls.size(); ++i) {
    const std::string suffix = calls.size() == 1 ? "" : fmt::format("_{}", i);
    structs +=
        struct_text(kernel, calls[i], "args" + suffix, fmt::format("{}{}", number, suffix), indent);
    const std::string job = fmt::format("{}_engine(&args{})", kernel.name, suffix);
    if (launch.ticket)
      runs += fmt::format("{}  job_{} = {};\n", indent, launch.ticket->index, job);
    else if (launch.is_on_engine)
      runs += fmt::format("{}  td_engine_wait({});\n", indent, job);
    else
      runs += fmt::format("{}  td_team_run(run_{}, &args{});\n", indent, kernel.name, suffix);
  }
  const std::string op_name =
      launch.label == launch.op->name
          ? std::string(ir::to_text(launch.context.phase))
          : fmt::format("{}, {}", launch.op->name, ir::to_text(launch.context.phase));
  const std::string what = fmt::format("{} ({})", launch.label, op_name);
  return fmt::format("{0}{{ {1}\n{2}{0}  TD_MARK({3});\n{4}{0}}}\n", indent,
                     comment(number, what, launch.outputs.front(), launch.context.origin), structs,
                     number, runs);
}

/// The definition of an argument struct; `place` tells its tables from those of others.
std::string StepWriter::struct_text(const ops::KernelDef& kernel, const ArgumentFits& fits,
                                    const std::string& name, const std::string& place,
                                    std::string_view indent) {
  std::string fields;
  for (size_t i = 0; i < kernel.fields.size(); ++i)
    fields += fmt::format("{}\n{}      .{} = {}", fields.empty() ? "" : ",", indent,
                          kernel.fields[i].name, field_text(kernel.fields[i], fits[i], place));
  const bool is_constant = has_constant_arguments(caller_buffers_, fits);
  return fmt::format(
      "{}  {}const {}_args {}{} = {{{}}};\n", indent, is_constant ? "static " : "", kernel.name,
      name, is_constant ? fmt::format(" TD_CONSTANT({})", constants_level(model_)) : "", fields);
}

std::string StepWriter::field_text(const ops::KernelField& field, const std::vector<Fit>& fits,
                                   const std::string& place) {
  std::string_view type = "int32_t";
  if (field.kind == ops::FieldKind::input) type = "const void*";
  if (field.kind == ops::FieldKind::output) type = "void*";
  if (field.kind == ops::FieldKind::flag) type = "uint32_t";
  if (field.kind == ops::FieldKind::real) type = "float";
  const std::string name = fmt::format("{}_{}", field.name, place);
  if (field.kind != ops::FieldKind::counts) return fit_text(fits.at(0), name, type);
  std::string list;
  for (size_t i = 0; i < fits.size(); ++i)
    list += (list.empty() ? "" : ", ") + fit_text(fits[i], fmt::format("{}_{}", name, i), type);
  return "{" + list + "}";
}

/// What a word is in the turn `turn`; a table that it needs is added to `tables_`.
std::string StepWriter::fit_text(const Fit& fit, const std::string& name, std::string_view type) {
  std::string text;
  if (fit.table.size() == 1) {
    text = word_text(fit.table.front(), fit.step);
    if (fit.step != 0 && !type.ends_with('*')) text = fmt::format("({})({})", type, text);
  } else {
    text = fmt::format(
        "{}[turn{}]", name,
        std::ssize(fit.table) < fit.end ? fmt::format(" % {}", fit.table.size()) : std::string());
    add_table(fit, name, type);
  }
  if (fit.last)
    text = fmt::format("turn == {} ? {} : {}", fit.end - 1, word_text(*fit.last, 0), text);
  if (fit.first)
    text = fmt::format("turn == {} ? {} : {}", fit.begin, word_text(*fit.first, 0), text);
  return text;
}

void StepWriter::add_table(const Fit& fit, const std::string& name, std::string_view type) {
  std::string entries;
  for (const Word& word : fit.table) entries += (entries.empty() ? "" : ", ") + word_text(word, 0);
  const bool is_static = is_constant_table(caller_buffers_, fit);
  tables_ += fmt::format("    {}{} const {}[{}]{} = {{{}}};\n", is_static ? "static " : "", type,
                         name, fit.table.size(),
                         is_static ? fmt::format(" TD_CONSTANT({})", constants_level(model_)) : "",
                         entries);
}

/// A word to which `step` is added in each turn.
std::string StepWriter::word_text(const Word& word, int64_t step) const {
  switch (word.kind) {
    case Word::Kind::integer:
      return step == 0 ? fmt::format("{}", word.number) : affine_text(word.number, step);
    case Word::Kind::real:
      return float_literal(std::bit_cast<float>(static_cast<int32_t>(word.number)));
    case Word::Kind::address:
      return addresses_.of(word, step);
  }
  return "";
}

}  // namespace tdc::emit
