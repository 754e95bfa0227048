#include "driver/run.h"

#include <fmt/format.h>

#include <optional>

#include "driver/report.h"
#include "driver/run_context.h"
#include "driver/run_device.h"
#include "driver/run_outputs.h"
#include "driver/run_recovery.h"
#include "driver/run_samples.h"
#include "driver/run_summary.h"
#include "driver/run_training.h"
#include "driver/session.h"
#include "driver/timeline.h"
#include "driver/trace.h"

// The order of a run: check, open the outputs, say what comes, build, start, work, save. All that
// can be wrong with the user's files is found in the first two steps. Each of the other files
// `run_*` is one part of it:
//
//     run_inputs    samples, tools and chip, found or missing
//     run_outputs   the files that take the results
//     run_device    the program that holds the model, run_chip what is special about the chip
//     run_training  feeds it for updates, run_samples for evaluation and inference
//     run_recovery  finds the last weights that were finite, and the sample that is not
//     run_progress  says where that is, run_summary what comes and what came out

namespace tdc::driver {
namespace {

using runner::with_commas;
using Mode = RunCommand::Mode;

ir::GraphKind entry_point_of(Mode mode) {
  return mode == Mode::train  ? ir::GraphKind::train_step
         : mode == Mode::eval ? ir::GraphKind::eval
                              : ir::GraphKind::infer;
}

/// A run whose inputs are there and whose outputs are open.
class Run {
 public:
  Run(const RunContext& run, RunOutputs& outputs, RunChip* chip)
      : run_(run), outputs_(outputs), chip_(chip), progress_(chip) {}

  int execute() {
    if (const int status = describe(); status != kSuccess) return status;
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
  /// Says what comes, and writes the values of the first micro-batch that it is going to train on.
  int describe() {
    std::string text = description_text(run_);
    const std::string& path = run_.command.trace_values;
    if (!path.empty()) {
      const std::vector<std::byte> input = run_.inputs.samples.gather(MicroBatches(run_).next());
      if (const Result<Done> saved =
              outputs_.write_trace_values(trace_values(run_.compilation, input));
          !saved.ok())
        return wrong(saved.failure());
      text += fmt::format("  trace       {}\n", path);
    }
    print(text);
    return kSuccess;
  }

  // ---- training: what can be lost is saved before anything else ---------------------------------

  int train() {
    TrainingLoop loop(run_);
    std::vector<float> losses;
    Failure device_failure;
    bool is_stopped = false;
    progress_.begin(loop.updates());
    while (!is_stopped) {
      const Result<std::optional<float>> loss = loop.next_update(device_.client());
      if (!loss.ok()) {
        device_failure = loss.failure();
        break;
      }
      if (!loss.value()) break;
      losses.push_back(*loss.value());
      progress_.end_step(losses.back(), loop.samples());
      is_stopped = loop.non_finite() && !run_.command.keep_going;
    }
    const std::chrono::duration<double> elapsed = progress_.elapsed();
    progress_.finish();
    if (!device_failure.messages.empty()) {
      const int status = device_.failed(device_failure);
      return note(outputs_.write_losses(losses), status);
    }
    int status = kSuccess;
    std::string saved;  // what the user is told of it
    if (!is_stopped) status = save_weights(std::ssize(losses), saved);
    status = note(outputs_.write_losses(losses), status);
    if (!run_.command.losses.empty() && status == kSuccess)
      saved = fmt::format("losses in {}\n", run_.command.losses) + saved;
    const int columns = terminal_columns();
    const bool is_interrupted = !is_stopped && std::ssize(losses) < loop.updates();
    print(training_text(is_stopped       ? Ending::stopped
                        : is_interrupted ? Ending::interrupted
                                         : Ending::done,
                        losses, loop.updates(), loop.samples(), elapsed,
                        columns > 0 ? columns : kDefaultColumns) +
          filled_text(loop.samples(), run_.inputs.samples.count(), run_.program().training->batch) +
          saved);
    if (loop.non_finite() && !is_stopped)
      print_error(fmt::format("tdc: {}\n", non_finite_text(*loop.non_finite())));
    const int64_t micro_batches = loop.samples() / run_.program().training->batch;
    status = first_error(
        status,
        stop(micro_batches * work_of(run_.compilation.schedule, ir::GraphKind::train_step).total() +
             std::ssize(losses) *
                 work_of(run_.compilation.schedule, ir::GraphKind::apply).total()));
    if (is_stopped) return first_error(status, explain(*loop.non_finite()));
    if (has_non_finite_weights_)
      return first_error(status, save_last_finite(std::ssize(losses) - 1));
    return status == kSuccess && is_interrupted ? kInterrupted : status;
  }

  /// Saves the weights as they are on the device, if the user wants them; they must be finite
  /// unless the run keeps going.
  int save_weights(int64_t updates, std::string& saved) {
    if (run_.command.save.empty()) return kSuccess;
    const Result<std::vector<io::Array>> weights = device_.read_weights();
    if (!weights.ok()) return device_.failed(weights.failure());
    const bool is_whole = is_finite(weights.value());
    if (!is_whole && !run_.command.keep_going) {
      has_non_finite_weights_ = true;
      return wrong(fail("not all weights are finite after update {}", updates));
    }
    const int status = note(outputs_.save(weights.value()), kSuccess);
    if (status == kSuccess)
      saved = fmt::format("weights in {}{}\n", run_.command.save,
                          is_whole ? "" : "; not all are finite, and `tdc` does not read them");
    return status;
  }

  /// Says at which sample the loss is not finite, and saves the weights before it if the user wants
  /// them.
  int explain(NonFiniteLoss found) {
    const int64_t updates = found.update - 1;
    const bool wants_weights = !run_.command.save.empty();
    const bool wants_sample = found.samples.size() > 1;
    int status = kSuccess;
    if (wants_weights || wants_sample) {
      print_error(
          fmt::format("the loss is {} in update {}; training again up to there to find {}{}{}\n",
                      found.loss, with_commas(found.update), wants_sample ? "the sample" : "",
                      wants_sample && wants_weights ? " and " : "",
                      wants_weights ? "the last finite weights" : ""));
      const Result<Recovery> again = train_again(run_, device_, progress_, updates, wants_weights);
      if (!again.ok()) status = device_.failed(again.failure());
      if (again.ok() && wants_weights) status = save_recovered(again.value());
      if (again.ok() && wants_sample && again.value().updates == updates) {
        auto alone = non_finite_alone(run_, device_.client(), found.samples);
        if (alone.ok())
          found.alone = std::move(alone.value());
        else
          status = first_error(status, device_.failed(alone.failure()));
      }
    }
    return first_error(wrong(fail("{}; `--keep-going` goes on", non_finite_text(found))), status);
  }

  /// Saves the last weights that were finite, if the user wants any; `updates` were done before.
  int save_last_finite(int64_t updates) {
    if (run_.command.save.empty()) return kSuccess;
    print_error(fmt::format("training again up to {} updates to find the last finite weights\n",
                            with_commas(updates)));
    const Result<Recovery> found =
        train_again(run_, device_, progress_, updates, /*wants_weights=*/true);
    if (!found.ok()) return device_.failed(found.failure());
    return save_recovered(found.value());
  }

  int save_recovered(const Recovery& found) {
    const int status = note(outputs_.save(found.weights), kSuccess);
    if (status == kSuccess)
      print(fmt::format("weights in {}, as they were after {} updates\n", run_.command.save,
                        with_commas(found.updates)));
    return status;
  }

  [[nodiscard]] std::string non_finite_text(const NonFiniteLoss& found) const {
    return to_text(found, run_.program().training->accumulate, run_.inputs.data);
  }

  // ---- samples one by one
  // ------------------------------------------------------------------------

  int eval() {
    const int64_t count = wanted_samples(run_);
    const Result<MeanEvaluation> evaluation =
        evaluate_samples(run_, count, device_.client(), progress_);
    if (!evaluation.ok()) return device_.failed(evaluation.failure());
    int status = kSuccess;
    const std::optional<int64_t> non_finite = evaluation.value().non_finite;
    if (non_finite) {
      const Failure failure =
          fail("the loss of sample {} of `{}` (counted from 0) is not finite{}", *non_finite,
               run_.inputs.data, run_.command.keep_going ? "" : "; `--keep-going` goes on");
      print_failure(failure);
      if (!run_.command.keep_going) status = kProgramIsWrong;
    }
    if (status == kSuccess) {
      std::string text = fmt::format("evaluated {} samples in {:.1f} s\n", with_commas(count),
                                     progress_.elapsed().count());
      for (size_t i = 0; i < evaluation.value().names.size(); ++i)
        text += fmt::format("  {:<11} {:.6g}\n", evaluation.value().names[i],
                            evaluation.value().means[i]);
      print(text);
    }
    return first_error(
        status, stop(count * work_of(run_.compilation.schedule, ir::GraphKind::eval).total()));
  }

  int infer() {
    const int64_t count = wanted_samples(run_);
    const Result<std::vector<io::Array>> results =
        infer_samples(run_, count, device_.client(), progress_);
    if (!results.ok()) return device_.failed(results.failure());
    const Result<Done> saved = outputs_.save(results.value());
    print(fmt::format("inferred {} samples in {:.1f} s\n", with_commas(count),
                      progress_.elapsed().count()));
    if (!saved.ok()) return wrong(saved.failure());
    print(fmt::format("results in {}\n", run_.command.save));
    return stop(count * work_of(run_.compilation.schedule, ir::GraphKind::infer).total());
  }

  /// Ends the program, and draws what the chip did. `flop`: of the run.
  int stop(int64_t flop) {
    const int status = device_.stop(flop);
    return status == kSuccess && !run_.command.timeline.empty() ? draw_timeline() : status;
  }

  int draw_timeline() {
    const Result<ChipReport> report = chip_->report();
    if (!report.ok()) return wrong(report.failure());
    const Result<ChipTimeline> timeline = chip_->timeline();
    if (!timeline.ok()) return wrong(timeline.failure());
    const std::optional<StepTimeline> drawn = step_timeline(
        run_.compilation, entry_point_of(run_.command.mode), report.value(), timeline.value());
    if (!drawn) return wrong(fail("`--timeline`: no step was recorded"));
    const Result<Done> written = outputs_.write_timeline(drawn->svg);
    if (!written.ok()) return wrong(written.failure());
    print(fmt::format("timeline of {} in {}\n", drawn->said, run_.command.timeline));
    return kSuccess;
  }

  // ---- statuses
  // ----------------------------------------------------------------------------------

  static int wrong(const Failure& failure) {
    print_failure(failure);
    return kProgramIsWrong;
  }

  static int first_error(int status, int next) { return status == kSuccess ? next : status; }

  /// Says what could not be written; the work goes on with the other results.
  static int note(const Result<Done>& written, int status) {
    return written.ok() ? status : first_error(status, wrong(written.failure()));
  }

  const RunContext& run_;
  RunOutputs& outputs_;
  RunChip* chip_;
  RunProgress progress_;
  RunDevice device_{run_, chip_, progress_};
  bool has_non_finite_weights_ = false;  // at the end, though the losses were finite
};

int run(const RunCommand& command, const Compilation& compilation) {
  const runner::Interrupts interrupts;
  if (schedule::find_entry_point(compilation.schedule, entry_point_of(command.mode)) == nullptr) {
    print_error(fmt::format("tdc: {} has no `train` block, so it can only `--infer`\n",
                            command.compile.file));
    return kProgramIsWrong;
  }
  const Result<RunInputs> inputs = find_run_inputs(command, compilation);
  if (!inputs.ok()) {
    print_failure(inputs.failure());
    return kProgramIsWrong;
  }
  const RunContext context = {.command = command,
                              .compilation = compilation,
                              .inputs = inputs.value(),
                              .interrupts = interrupts};
  Result<RunOutputs> outputs = RunOutputs::open(context);
  if (!outputs.ok()) {
    print_failure(outputs.failure());
    return interrupts.count() > 0 ? kInterrupted : kProgramIsWrong;
  }
  std::optional<RunChip> chip;
  if (inputs.value().chip)
    chip.emplace(*inputs.value().chip, inputs.value().chip_settings, command);
  return Run(context, outputs.value(), chip ? &*chip : nullptr).execute();
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
