#include "driver/run_outputs.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "driver/run_training.h"
#include "emit/emit_runner.h"
#include "io/load.h"
#include "runner/progress.h"

namespace tdc::driver {
namespace {

namespace fs = std::filesystem;

/// More than a header of either format takes for an array, besides its name.
constexpr int64_t kHeaderBytes = 512;
/// A step's number and its loss.
constexpr int64_t kLossRowBytes = 24;
/// A run of that many updates is likely to be ended by hand.
constexpr int64_t kMostReservedLossBytes = 1 << 20;

/// At least what the file of weights takes, or that of results.
int64_t saved_bytes(const RunContext& run) {
  int64_t bytes = kHeaderBytes;
  if (run.command.mode == RunCommand::Mode::infer) {
    const ir::Graph* graph = run.program().module.find_graph(ir::GraphKind::sample);
    for (const ir::Output& output : graph->outputs)
      bytes += kHeaderBytes + 2 * static_cast<int64_t>(output.name.size()) +
               ir::byte_size(graph->type(output.value)).count * wanted_samples(run);
    return bytes;
  }
  for (const ir::Variable& variable : run.compilation.schedule.variables)
    bytes += kHeaderBytes + 2 * static_cast<int64_t>(variable.path.size()) +
             ir::byte_size(variable.type).count;
  return bytes;
}

Failure wrong_suffix(const std::string& path) {
  if (path.empty() || path.ends_with(".npz") || path.ends_with(".safetensors")) return {};
  return fail("`{}`: results are written as `.npz` or `.safetensors`", path);
}

/// The chip writes its trace itself.
Failure cannot_hold_trace(const std::string& path, const GivesUp& gives_up) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (path.empty() ||
      (fs::exists(status) && !fs::is_regular_file(status) && !fs::is_directory(status)))
    return {};
  return PendingFile::open(path, 0, gives_up).failure();
}

}  // namespace

GivesUp RunOutputs::gives_up() const {
  return [this] { return run_.interrupts.count() > 1; };
}

Result<RunOutputs> RunOutputs::open(const RunContext& run) {
  const RunCommand& command = run.command;
  RunOutputs outputs(run);
  Failure problems;
  const auto add = [&](const Failure& failure) {
    problems.messages.insert(problems.messages.end(), failure.messages.begin(),
                             failure.messages.end());
  };
  std::vector<std::pair<const std::string*, const PendingFile*>> opened;
  const auto open = [&](const std::string& path, int64_t reserved_bytes,
                        std::optional<PendingFile>& file) {
    if (path.empty()) return;
    for (const std::string& read : run.inputs.files) {
      std::error_code error;
      if (fs::equivalent(path, read, error))
        return add(fail("`{}` cannot be written: this run reads it", path));
    }
    // Nothing has begun yet, so that one Ctrl-C ends the wait for a reader.
    Result<PendingFile> pending =
        PendingFile::open(path, reserved_bytes, [&] { return run.interrupts.count() > 0; });
    if (!pending.ok()) return add(pending.failure());
    for (const auto& [other_path, other] : opened)
      if (pending.value().is_same_place(*other))
        return add(fail("`{}` and `{}` are one file; give each result its own", *other_path, path));
    file.emplace(std::move(pending.value()));
    opened.emplace_back(&path, &*file);
  };
  add(wrong_suffix(command.save));
  add(wrong_suffix(command.trace_values));
  if (!problems.messages.empty()) return problems;
  open(command.save, saved_bytes(run), outputs.save_);
  if (!command.losses.empty())
    open(command.losses,
         std::min(TrainingLoop(run).updates() * kLossRowBytes, kMostReservedLossBytes),
         outputs.losses_);
  open(command.trace_values, 0, outputs.trace_values_);
  open(command.timeline, 0, outputs.timeline_);
  add(cannot_hold_trace(command.trace, outputs.gives_up()));
  if (!problems.messages.empty()) return problems;
  return outputs;
}

Result<Done> RunOutputs::write_arrays(PendingFile& file, const std::string& path,
                                      std::span<const io::Array> arrays) const {
  const Result<std::string> bytes = io::format_weights(path, arrays);
  if (!bytes.ok()) return bytes.failure();
  return file.write(bytes.value(), gives_up());
}

Result<Done> RunOutputs::save(std::span<const io::Array> arrays) {
  return save_ ? write_arrays(*save_, run_.command.save, arrays) : Done{};
}

Result<Done> RunOutputs::write_losses(std::span<const float> losses) {
  return losses_ ? losses_->write(runner::losses_csv(losses), gives_up()) : Done{};
}

Result<Done> RunOutputs::write_trace_values(std::span<const io::Array> arrays) {
  return trace_values_ ? write_arrays(*trace_values_, run_.command.trace_values, arrays) : Done{};
}

Result<Done> RunOutputs::write_timeline(std::string_view svg) {
  return timeline_ ? timeline_->write(svg, gives_up()) : Done{};
}

}  // namespace tdc::driver
