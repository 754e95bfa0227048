#include "driver/run.h"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "driver/chip.h"
#include "driver/chip_report.h"
#include "driver/profile.h"
#include "driver/report.h"
#include "driver/session.h"
#include "driver/terminal.h"
#include "driver/trace.h"
#include "emit/c_names.h"
#include "io/load.h"
#include "runner/build.h"
#include "runner/client.h"
#include "runner/interrupts.h"
#include "runner/progress.h"
#include "runner/samples.h"
#include "support/files.h"

// The order of a run: check, say what comes, build, start, work, save. All that can be wrong with
// the user's files is found in the first step.

namespace tdc::driver {
namespace {

using runner::with_commas;
using Mode = RunCommand::Mode;

constexpr int kCurveRows = 6;

runner::Target target_of(const RunCommand& command) {
  return command.target == "host"   ? runner::Target::host
         : command.target == "qemu" ? runner::Target::qemu
                                    : runner::Target::rtl;
}

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

class Run {
 public:
  Run(const RunCommand& command, const Compilation& compilation)
      : command_(command), compilation_(compilation) {}

  int execute() {
    if (const int status = check(); status != kSuccess) return status;
    describe();
    if (const int status = save_trace(); status != kSuccess) return status;
    if (const int status = build_and_start(); status != kSuccess) return status;
    switch (command_.mode) {
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
  // ---- before the run --------------------------------------------------------------------------

  int check() {
    const check::Program& program = compilation_.program;
    if (emit::find_entry_point(compilation_.schedule, entry_point_of(command_.mode)) == nullptr) {
      print_error(fmt::format("tdc: {} has no `train` block, so it can only `--infer`\n",
                              command_.compile.file));
      return kProgramIsWrong;
    }
    Failure problems;
    const auto add = [&](const Failure& failure) {
      problems.messages.insert(problems.messages.end(), failure.messages.begin(),
                               failure.messages.end());
    };
    if (command_.target == "rtl" && !program.deployment.chip.has_budget)
      add(fail("the built-in deployment `host` is no chip; `--on rtl` needs a `deploy` block"));
    add({.messages = runner::missing_tools(target_of(command_))});
    if (command_.target == "rtl") add(check_chip());
    add(check_output(command_.save, /*is_weights=*/true).failure());
    add(check_output(command_.losses, /*is_weights=*/false).failure());
    add(check_output(command_.trace_values, /*is_weights=*/true).failure());
    add(check_output(command_.trace, /*is_weights=*/false).failure());
    Result<runner::Samples> samples = load_samples();
    add(samples.failure());
    if (samples.ok()) samples_ = std::move(samples.value());
    if (problems.messages.empty()) return kSuccess;
    print_failure(problems);
    return kProgramIsWrong;
  }

  /// Finds the chip, or what is missing to build it.
  Failure check_chip() {
    const Result<runner::ChipBuild> found = runner::find_chip();
    if (!found.ok()) return found.failure();
    chip_ = found.value();
    return {.messages =
                chip_->is_built() ? std::vector<std::string>() : runner::missing_chip_tools()};
  }

  Result<runner::Samples> load_samples() {
    const Result<io::DataSource> source = data_source();
    if (!source.ok()) return source.failure();
    data_ = io::to_text(source.value());
    Result<std::vector<io::Array>> arrays = io::load_data(
        source.value(), command_.mode == Mode::train ? io::DataPart::kTrain : io::DataPart::kTest);
    if (!arrays.ok()) return arrays.failure();
    return runner::Samples::make(
        std::move(arrays.value()),
        runner::fields_of(compilation_.program, command_.mode != Mode::infer), data_);
  }

  /// What `--data` names, otherwise the `data` block of the net.
  Result<io::DataSource> data_source() const {
    if (!command_.data.empty()) return io::parse_data_source(command_.data);
    const check::Program& program = compilation_.program;
    if (!program.data)
      return fail("where are the samples? give `--data FILE.npz`, or {} a `data` block for {}",
                  command_.compile.file, program.net);
    const bool trains = command_.mode == Mode::train;
    std::optional<io::DataSource> source = trains ? program.data->train : program.data->test;
    if (!source)
      return fail("the block `data {}` has no `{}`; give `--data FILE.npz`", program.data->name,
                  trains ? "train" : "test");
    for (std::string& path : source->paths) path = beside(command_.compile.file, path);
    return *std::move(source);
  }

  void describe() const {
    const check::Program& program = compilation_.program;
    const ParameterCount parameters = count_parameters(compilation_.schedule.variables);
    std::string text = fmt::format("{} on {}", program.net, command_.target);
    if (program.training)
      text += fmt::format(", `{}` with batch {} accumulate {}", program.training->name,
                          program.training->batch, program.training->accumulate);
    text += fmt::format("\n  parameters  {}, {} trained\n", with_commas(parameters.all),
                        with_commas(parameters.trained));
    for (const memory::LevelPlan& level : compilation_.plan.levels) {
      if (level.peak.count == 0) continue;
      const schedule::MemoryLevel& memory = program.deployment.chip.levels[level.level];
      text += fmt::format("  memory      peak {}", to_text(level.peak));
      if (program.deployment.chip.has_budget)
        text += fmt::format(" in {}, which has {}", memory.name, to_text(level.capacity));
      text += fmt::format(" (`deploy {}`)\n", program.deployment.name);
    }
    text += fmt::format("  data        {}, {} samples\n", data_, with_commas(samples_->count()));
    text += command_.keep.empty()
                ? std::string("  C project   in a temporary folder (`--keep FOLDER` keeps it)\n")
                : fmt::format("  C project   {}\n", command_.keep);
    if (chip_) text += fmt::format("  chip        {}\n", chip_->program());
    print(text);
  }

  /// Writes the values of the first micro-batch that the run is going to train on.
  int save_trace() {
    if (command_.trace_values.empty()) return kSuccess;
    runner::SampleOrder order = sample_order();
    const std::vector<std::byte> input = samples_->gather(next_micro_batch(order));
    if (const Result<Done> saved =
            io::save_weights(command_.trace_values, trace_values(compilation_, input));
        !saved.ok())
      return cannot_write(saved.failure());
    print(fmt::format("  trace       {}\n", command_.trace_values));
    return kSuccess;
  }

  int build_and_start() {
    if (chip_) {
      if (const int status = build_and_ask_chip(); status != kSuccess) return status;
    }
    std::string folder = command_.keep;
    if (folder.empty()) {
      Result<runner::TemporaryFolder> made = runner::TemporaryFolder::make();
      if (!made.ok()) return cannot_write(made.failure());
      temporary_.emplace(std::move(made.value()));
      folder = temporary_->path();
    }
    if (const Result<Done> written = write_output_folder(folder, compilation_.files); !written.ok())
      return cannot_write(written.failure());
    Result<std::vector<std::string>> started =
        runner::build(folder, compilation_.program.prefix,
                      {.target = target_of(command_),
                       .chip_platform = compilation_.program.deployment.chip.platform,
                       .chip_program = chip_ ? chip_->program() : std::string(),
                       .has_markers = command_.profile},
                      [this] { return interrupts_.count() > 0; });
    if (!started.ok()) return failed(started.failure());
    folder_ = folder;
    if (chip_) add_chip_options(folder, started.value());
    const emit::Model model = {.program = compilation_.program,
                               .schedule = compilation_.schedule,
                               .plan = compilation_.plan,
                               .initial_values = compilation_.initial_values};
    Result<runner::Client> client =
        runner::Client::start(started.value(), emit::runner_sizes(model), [this] {
          show_progress();
          return interrupts_.count() > 1;
        });
    if (!client.ok()) {
      const int status = failed(client.failure());
      // A chip that does not even begin cannot hold the program with the parameters it was given.
      const bool has_begun = std::filesystem::exists(chip_report_);
      return chip_ && status == kInternalFault && !has_begun ? kCommandLineIsWrong : status;
    }
    client_.emplace(std::move(client.value()));
    start_ = std::chrono::steady_clock::now();
    return kSuccess;
  }

  /// Builds the chip unless that is done, and asks it whether it can have the parameters.
  int build_and_ask_chip() {
    if (const Result<Done> built = build_chip(*chip_, interrupts_); !built.ok())
      return interrupts_.count() > 0 ? interrupted() : cannot_write(built.failure());
    std::vector<std::string> words = {chip_->program(), "--parameters"};
    add_settings(words);
    const Result<runner::Exit> exit =
        runner::run_to_end(words, [this] { return interrupts_.count() > 0; });
    if (!exit.ok()) return failed(exit.failure());
    if (exit.value().is_success()) return kSuccess;
    print_error(exit.value().errors);
    return kCommandLineIsWrong;
  }

  void add_settings(std::vector<std::string>& words) const {
    for (const std::string& setting : command_.chip_settings)
      words.insert(words.end(), {std::string("--set"), setting});
  }

  void add_chip_options(const std::string& folder, std::vector<std::string>& words) {
    add_settings(words);
    chip_report_ = folder + "/build/chip_report.json";
    chip_progress_ = folder + "/build/chip_progress.txt";
    // That of an earlier run in the same folder says nothing of this one.
    std::error_code ignored;
    std::filesystem::remove(chip_report_, ignored);
    words.insert(words.end(), {"--report", chip_report_, "--progress", chip_progress_});
    if (command_.cycle_limit)
      words.insert(words.end(), {"--cycle-limit", fmt::format("{}", *command_.cycle_limit)});
    if (!command_.trace.empty())
      words.insert(words.end(), {"--trace", command_.trace, "--trace-window", trace_window()});
  }

  std::string trace_window() const {
    return command_.trace_window.empty() ? std::string(kTraceWindow) : command_.trace_window;
  }

  // ---- the three kinds of work -----------------------------------------------------------------

  int train() {
    const check::Training& training = *compilation_.program.training;
    const int64_t micro_batches = command_.steps
                                      ? *command_.steps * training.accumulate
                                      : (samples_->count() + training.batch - 1) / training.batch;
    const int64_t updates = (micro_batches + training.accumulate - 1) / training.accumulate;
    runner::SampleOrder order = sample_order();
    std::vector<float> losses;
    double loss_sum = 0;
    int64_t in_group = 0;
    int64_t done = 0;
    begin_progress(updates);
    for (; done < micro_batches && interrupts_.count() == 0; ++done) {
      const Result<float> loss = client_->train_step(samples_->gather(next_micro_batch(order)));
      if (!loss.ok()) return failed(loss.failure());
      loss_sum += loss.value();
      const bool is_last = done + 1 == micro_batches;
      if (++in_group < training.accumulate && !is_last) continue;
      if (in_group < training.accumulate) {
        if (const Result<Done> flushed = client_->flush(); !flushed.ok())
          return failed(flushed.failure());
      }
      losses.push_back(static_cast<float>(loss_sum / static_cast<double>(in_group)));
      loss_sum = 0;
      in_group = 0;
      end_step(losses.back(), (done + 1) * training.batch);
    }
    print_error(progress_.finish());
    return finish_training(losses, updates, done * training.batch);
  }

  int finish_training(const std::vector<float>& losses, int64_t updates, int64_t samples) {
    const bool is_interrupted = static_cast<int64_t>(losses.size()) < updates;
    std::string text =
        fmt::format("{} {} of {} updates, {} samples in {:.1f} s ({})\n",
                    is_interrupted ? "interrupted after" : "trained",
                    with_commas(std::ssize(losses)), with_commas(updates), with_commas(samples),
                    elapsed().count(), runner::sample_rate_text(samples, elapsed()));
    const int columns = terminal_columns();
    text += runner::loss_curve(losses, columns > 0 ? columns : kDefaultColumns, kCurveRows);
    if (!losses.empty())
      text += fmt::format("  loss {:.4g} at the first update, {:.4g} at the last\n", losses.front(),
                          losses.back());
    const int64_t micro_batches = samples / compilation_.program.training->batch;
    flop_ = micro_batches * work_of(compilation_.schedule, "train_step").total() +
            std::ssize(losses) * work_of(compilation_.schedule, "apply").total();
    print(text);
    if (!command_.losses.empty()) {
      if (const Result<Done> written =
              write_file_atomically(command_.losses, runner::losses_csv(losses));
          !written.ok())
        return cannot_write(written.failure());
      print(fmt::format("losses in {}\n", command_.losses));
    }
    if (!command_.save.empty()) {
      const Result<std::vector<io::Array>> weights = read_weights();
      if (!weights.ok()) return failed(weights.failure());
      if (const int status = save(weights.value()); status != kSuccess) return status;
      print(fmt::format("weights in {}\n", command_.save));
    }
    const int status = stop();
    return status == kSuccess && is_interrupted ? kInterrupted : status;
  }

  int eval() {
    const schedule::EntryPoint& entry_point =
        *emit::find_entry_point(compilation_.schedule, "eval");
    std::vector<std::string> names = {"loss"};
    for (const schedule::Argument& argument : entry_point.arguments)
      if (argument.is_output && argument.output_kind == ir::OutputKind::metric)
        names.push_back(argument.name);
    std::vector<double> sums(names.size(), 0.0);
    const int64_t count = sample_count();
    flop_ = count * work_of(compilation_.schedule, "eval").total();
    begin_progress(count);
    for (int64_t i = 0; i < count; ++i) {
      if (interrupts_.count() > 0) return interrupted();
      const Result<runner::Evaluation> result =
          client_->eval(samples_->gather(std::vector<int64_t>{i}));
      if (!result.ok()) return failed(result.failure());
      sums[0] += result.value().loss;
      for (size_t metric = 0; metric < result.value().metrics.size(); ++metric)
        sums[metric + 1] += result.value().metrics[metric];
      end_step(result.value().loss, i + 1);
    }
    print_error(progress_.finish());
    std::string text =
        fmt::format("evaluated {} samples in {:.1f} s\n", with_commas(count), elapsed().count());
    for (size_t i = 0; i < names.size(); ++i)
      text += fmt::format("  {:<11} {:.6g}\n", names[i], sums[i] / static_cast<double>(count));
    print(text);
    return stop();
  }

  int infer() {
    const schedule::EntryPoint& entry_point =
        *emit::find_entry_point(compilation_.schedule, "infer");
    const int64_t count = sample_count();
    flop_ = count * work_of(compilation_.schedule, "infer").total();
    const ir::Graph* sample = compilation_.program.module.find_graph("sample");
    std::vector<io::Array> results;
    for (const schedule::Argument& argument : entry_point.arguments) {
      if (!argument.is_output) continue;
      const auto output =
          std::find_if(sample->outputs.begin(), sample->outputs.end(),
                       [&](const ir::Output& each) { return each.name == argument.name; });
      TDC_CHECK(output != sample->outputs.end(), "no result is called `{}`", argument.name);
      const ir::TensorType& type = sample->type(output->value);
      std::vector<int64_t> dims = {count};
      dims.insert(dims.end(), type.dims.begin(), type.dims.end());
      results.push_back(
          {.name = argument.name,
           .type = type.dtype == ir::DType::f32 ? io::ElementType::kF32 : io::ElementType::kI32,
           .dims = std::move(dims),
           .data = {}});
    }
    begin_progress(count);
    for (int64_t i = 0; i < count; ++i) {
      if (interrupts_.count() > 0) return interrupted();
      const Result<std::vector<std::byte>> bytes =
          client_->infer(samples_->gather(std::vector<int64_t>{i}));
      if (!bytes.ok()) return failed(bytes.failure());
      auto from = bytes.value().begin();
      for (io::Array& array : results) {
        const auto length = ir::element_count(ir::Dims(array.dims.begin() + 1, array.dims.end())) *
                            io::element_bytes(array.type);
        array.data.insert(array.data.end(), from, from + length);
        from += length;
      }
      end_step(std::nullopt, i + 1);
    }
    print_error(progress_.finish());
    print(fmt::format("inferred {} samples in {:.1f} s\n", with_commas(count), elapsed().count()));
    if (const int status = save(results); status != kSuccess) return status;
    print(fmt::format("results in {}\n", command_.save));
    return stop();
  }

  // ---- shared ----------------------------------------------------------------------------------

  int64_t sample_count() const {
    return std::min(samples_->count(), command_.samples.value_or(samples_->count()));
  }

  runner::SampleOrder sample_order() const {
    std::optional<uint64_t> seed;
    if (command_.shuffle)
      seed = command_.compile.seed.value_or(compilation_.program.training->seed);
    return {samples_->count(), seed};
  }

  std::vector<int64_t> next_micro_batch(runner::SampleOrder& order) const {
    std::vector<int64_t> indices(static_cast<size_t>(compilation_.program.training->batch));
    for (int64_t& index : indices) index = order.next();
    return indices;
  }

  std::chrono::duration<double> elapsed() const {
    return std::chrono::steady_clock::now() - start_;
  }

  void begin_progress(int64_t steps) { progress_state_.steps = steps; }

  void end_step(std::optional<float> loss, int64_t samples) {
    ++progress_state_.step;
    progress_state_.loss = loss;
    progress_state_.samples = samples;
    if (chip_) progress_state_.cycles_of_steps = simulated_cycles();
    show_progress();
  }

  /// Also called while a step is at work, which takes minutes on the simulated chip.
  void show_progress() {
    if (progress_state_.steps == 0) return;
    if (chip_) progress_state_.cycles = simulated_cycles();
    progress_state_.elapsed = elapsed();
    print_error(progress_.update(progress_state_));
  }

  /// The number that the chip keeps in its file; the last one if it is just being written.
  int64_t simulated_cycles() const {
    const int64_t before = progress_state_.cycles.value_or(0);
    const Result<std::string> text = read_file(chip_progress_);
    if (!text.ok() || !text.value().ends_with('\n')) return before;
    int64_t cycles = 0;
    std::from_chars(text.value().data(), text.value().data() + text.value().size(), cycles);
    return std::max(before, cycles);
  }

  /// Every parameter and state as it is on the device.
  Result<std::vector<io::Array>> read_weights() {
    std::vector<io::Array> arrays;
    int64_t index = 0;  // in the generated table, which has no accumulators
    for (const ir::Variable& variable : compilation_.schedule.variables) {
      if (variable.kind == ir::VariableKind::accumulator) continue;
      const int64_t place = index++;
      if (variable.kind == ir::VariableKind::optimizer_slot) continue;
      const Result<std::vector<float>> elements = client_->read_variable(place);
      if (!elements.ok()) return elements.failure();
      arrays.push_back(io::make_array(variable.path, variable.type.dims, elements.value()));
    }
    return arrays;
  }

  int save(const std::vector<io::Array>& arrays) {
    const Result<Done> saved = io::save_weights(command_.save, arrays);
    return saved.ok() ? kSuccess : cannot_write(saved.failure());
  }

  /// Ends the program, and says what it cost on the chip.
  int stop() {
    int64_t model_cycles = 0;
    if (chip_) {
      const Result<uint64_t> cycles = client_->cycles();
      if (!cycles.ok()) return failed(cycles.failure());
      model_cycles = static_cast<int64_t>(cycles.value());
    }
    const Result<std::string> stopped = client_->stop();
    if (!stopped.ok()) return failed(stopped.failure());
    if (!chip_) return kSuccess;
    print_error(stopped.value());  // the chip's console
    const Result<ChipReport> report = read_chip_report(chip_report_);
    if (!report.ok()) return failed(report.failure());
    print("\n" + chip_text(report.value(), model_cycles, flop_));
    if (!command_.trace.empty())
      print(fmt::format("instructions of the cycles {} in {}\n", trace_window(), command_.trace));
    return command_.profile ? show_profile(report.value(), model_cycles) : kSuccess;
  }

  int show_profile(const ChipReport& report, int64_t model_cycles) {
    const std::vector<ProfileRow> rows = profile_of(compilation_, report);
    print("\n" + profile_text(rows, report));
    if (command_.keep.empty()) return kSuccess;
    JsonObject whole = report_json(compilation_, command_.compile.file);
    whole.emplace_back("profile", JsonObject{{"chip", chip_json(report, model_cycles, flop_)},
                                             {"steps", profile_json(rows)}});
    const std::string path = folder_ + "/report.json";
    if (const Result<Done> written = write_file_atomically(path, to_text(Json(whole), 2) + "\n");
        !written.ok())
      return cannot_write(written.failure());
    print(fmt::format("profile in {}\n", path));
    return kSuccess;
  }

  int interrupted() {
    print_error(progress_.finish());
    print_error("tdc: interrupted\n");
    return kInterrupted;
  }

  static int cannot_write(const Failure& failure) {
    print_failure(failure);
    return kProgramIsWrong;
  }

  /// What was not the user's mistake, unless the user asked to stop. A fault on the chip has its
  /// own status.
  int failed(const Failure& failure) {
    if (interrupts_.count() > 0) return interrupted();
    print_error(progress_.finish());
    if (chip_) {
      const Result<ChipReport> report = read_chip_report(chip_report_);
      if (report.ok() && !report.value().fault.empty()) {
        print_failure(fail("the chip ended the program in cycle {}: {}",
                           with_commas(report.value().cycles), report.value().fault));
        return static_cast<int>(report.value().status);
      }
    }
    print_failure(failure);
    return kInternalFault;
  }

  const RunCommand& command_;
  const Compilation& compilation_;
  runner::Interrupts interrupts_;
  std::string data_;  // what names the samples
  std::optional<runner::Samples> samples_;
  std::optional<runner::ChipBuild> chip_;  // with `--on rtl`
  std::optional<runner::TemporaryFolder> temporary_;
  std::string folder_;                       // of the C project
  std::string chip_report_, chip_progress_;  // files that the chip writes
  int64_t flop_ = 0;                         // of the run, once it is known
  runner::ProgressState progress_state_;
  std::optional<runner::Client> client_;         // ends before its folder is removed
  std::chrono::steady_clock::time_point start_;  // of the work, after building
  runner::Progress progress_{terminal_columns() > 0, terminal_columns()};
};

}  // namespace

int run(const RunCommand& command) {
  Session session;
  if (!session.open(command.compile.file)) return kProgramIsWrong;
  Dump dump = {.stage = command.compile.dump};
  const std::optional<Compilation> compilation =
      compile(session.files(), session.file(), command.compile,
              command.target == "host" ? DefaultDeploy::host : DefaultDeploy::first_of_file,
              session.diagnostics(), dump);
  if (!dump.stage.empty()) return session.finish_dump(dump);
  if (const int status = session.finish(); status != kSuccess || !compilation)
    return kProgramIsWrong;
  return Run(command, *compilation).execute();
}

}  // namespace tdc::driver
