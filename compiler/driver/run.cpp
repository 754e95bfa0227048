#include "driver/run.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "driver/report.h"
#include "driver/run_context.h"
#include "driver/run_device.h"
#include "driver/run_samples.h"
#include "driver/run_summary.h"
#include "driver/run_training.h"
#include "driver/session.h"
#include "driver/trace.h"
#include "emit/c_names.h"
#include "io/load.h"
#include "support/files.h"

// The order of a run: check, say what comes, build, start, work, save. All that can be wrong with
// the user's files is found in the first step. Each of the other files `run_*` is one part of it:
//
//     run_inputs    samples, tools and chip, found or missing
//     run_device    the program that holds the model, run_chip what is special about the chip
//     run_training  feeds it for updates, run_samples for evaluation and inference
//     run_progress  says where that is, run_summary what comes and what came out

namespace tdc::driver {
namespace {

using runner::with_commas;
using Mode = RunCommand::Mode;

std::string_view entry_point_of(Mode mode) {
  return mode == Mode::train ? "train_step" : mode == Mode::eval ? "eval" : "infer";
}

/// Whether a file can be written there once the work is done.
Result<Done> check_output(const std::string& path, bool is_weights) {
  if (path.empty()) return Done{};
  if (is_weights && !path.ends_with(".npz") && !path.ends_with(".safetensors"))
    return fail("`{}`: results are written as `.npz` or `.safetensors`", path);
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (access(folder.empty() ? "." : folder.c_str(), W_OK) != 0)
    return fail("`{}` cannot be written: there is no writable folder `{}`", path, folder);
  return Done{};
}

Failure check_outputs(const RunCommand& command) {
  Failure problems;
  for (const auto& [path, is_weights] :
       {std::pair(command.save, true), std::pair(command.losses, false),
        std::pair(command.trace_values, true), std::pair(command.trace, false)}) {
    const Failure failure = check_output(path, is_weights).failure();
    problems.messages.insert(problems.messages.end(), failure.messages.begin(),
                             failure.messages.end());
  }
  return problems;
}

int cannot_write(const Failure& failure) {
  print_failure(failure);
  return kProgramIsWrong;
}

/// A run whose inputs are there.
class Run {
 public:
  Run(const RunContext& run, RunChip* chip) : run_(run), chip_(chip), progress_(chip) {}

  int execute() {
    print(description_text(run_));
    if (const int status = save_trace(); status != kSuccess) return status;
    if (chip_ != nullptr)
      if (const int status = chip_->prepare(run_.interrupts); status != kSuccess) return status;
    if (const int status = device_.build(); status != kSuccess) return status;
    if (const int status = device_.start(); status != kSuccess) return status;
    switch (run_.command.mode) {
      case Mode::train:
        return train();
      case Mode::eval:
        return eval();
      case Mode::infer:
        return infer();
    }
    return kSuccess;
  }

 private:
  /// Writes the values of the first micro-batch that the run is going to train on.
  int save_trace() {
    const std::string& path = run_.command.trace_values;
    if (path.empty()) return kSuccess;
    const std::vector<std::byte> input = run_.inputs.samples.gather(MicroBatches(run_).next());
    if (const Result<Done> saved = io::save_weights(path, trace_values(run_.compilation, input));
        !saved.ok())
      return cannot_write(saved.failure());
    print(fmt::format("  trace       {}\n", path));
    return kSuccess;
  }

  int train() {
    TrainingLoop loop(run_);
    std::vector<float> losses;
    progress_.begin(loop.updates());
    while (true) {
      const Result<std::optional<float>> loss = loop.next_update(device_.client());
      if (!loss.ok()) return device_.failed(loss.failure());
      if (!loss.value()) break;
      losses.push_back(*loss.value());
      progress_.end_step(losses.back(), loop.samples());
    }
    progress_.finish();
    return finish_training(loop, losses);
  }

  int finish_training(const TrainingLoop& loop, const std::vector<float>& losses) {
    const RunCommand& command = run_.command;
    const int columns = terminal_columns();
    print(training_text(losses, loop.updates(), loop.samples(), progress_.elapsed(),
                        columns > 0 ? columns : kDefaultColumns));
    if (!command.losses.empty()) {
      if (const Result<Done> written =
              write_file_atomically(command.losses, runner::losses_csv(losses));
          !written.ok())
        return cannot_write(written.failure());
      print(fmt::format("losses in {}\n", command.losses));
    }
    if (!command.save.empty()) {
      const Result<std::vector<io::Array>> weights = device_.read_weights();
      if (!weights.ok()) return device_.failed(weights.failure());
      if (const Result<Done> saved = io::save_weights(command.save, weights.value()); !saved.ok())
        return cannot_write(saved.failure());
      print(fmt::format("weights in {}\n", command.save));
    }
    const int64_t micro_batches = loop.samples() / run_.program().training->batch;
    const int status =
        device_.stop(micro_batches * work_of(run_.compilation.schedule, "train_step").total() +
                     std::ssize(losses) * work_of(run_.compilation.schedule, "apply").total());
    const bool is_interrupted = std::ssize(losses) < loop.updates();
    return status == kSuccess && is_interrupted ? kInterrupted : status;
  }

  int eval() {
    const int64_t count = sample_count();
    const Result<MeanEvaluation> evaluation =
        evaluate_samples(run_, count, device_.client(), progress_);
    if (!evaluation.ok()) return device_.failed(evaluation.failure());
    std::string text = fmt::format("evaluated {} samples in {:.1f} s\n", with_commas(count),
                                   progress_.elapsed().count());
    for (size_t i = 0; i < evaluation.value().names.size(); ++i)
      text += fmt::format("  {:<11} {:.6g}\n", evaluation.value().names[i],
                          evaluation.value().means[i]);
    print(text);
    return device_.stop(count * work_of(run_.compilation.schedule, "eval").total());
  }

  int infer() {
    const int64_t count = sample_count();
    const Result<std::vector<io::Array>> results =
        infer_samples(run_, count, device_.client(), progress_);
    if (!results.ok()) return device_.failed(results.failure());
    print(fmt::format("inferred {} samples in {:.1f} s\n", with_commas(count),
                      progress_.elapsed().count()));
    if (const Result<Done> saved = io::save_weights(run_.command.save, results.value());
        !saved.ok())
      return cannot_write(saved.failure());
    print(fmt::format("results in {}\n", run_.command.save));
    return device_.stop(count * work_of(run_.compilation.schedule, "infer").total());
  }

  int64_t sample_count() const {
    const int64_t count = run_.inputs.samples.count();
    return std::min(count, run_.command.samples.value_or(count));
  }

  const RunContext& run_;
  RunChip* chip_;
  RunProgress progress_;
  RunDevice device_{run_, chip_, progress_};
};

int run(const RunCommand& command, const Compilation& compilation) {
  const runner::Interrupts interrupts;
  if (emit::find_entry_point(compilation.schedule, entry_point_of(command.mode)) == nullptr) {
    print_error(fmt::format("tdc: {} has no `train` block, so it can only `--infer`\n",
                            command.compile.file));
    return kProgramIsWrong;
  }
  Failure problems = check_outputs(command);
  const Result<RunInputs> inputs = find_run_inputs(command, compilation);
  if (!inputs.ok() || !problems.messages.empty()) {
    print_failure(inputs.failure());
    return cannot_write(problems);
  }
  std::optional<RunChip> chip;
  if (inputs.value().chip) chip.emplace(*inputs.value().chip, command);
  const RunContext context = {.command = command,
                              .compilation = compilation,
                              .inputs = inputs.value(),
                              .interrupts = interrupts};
  return Run(context, chip ? &*chip : nullptr).execute();
}

}  // namespace

int run(const RunCommand& command) {
  Session session;
  if (!session.open(command.compile.file)) return kProgramIsWrong;
  Dump none;
  const std::optional<Compilation> compilation =
      compile(session.files(), session.file(), command.compile,
              command.target == "host" ? DefaultDeploy::host : DefaultDeploy::first_of_file,
              session.diagnostics(), none);
  if (const int status = session.finish(); status != kSuccess || !compilation)
    return kProgramIsWrong;
  return run(command, *compilation);
}

}  // namespace tdc::driver
