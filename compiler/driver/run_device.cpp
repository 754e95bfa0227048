#include "driver/run_device.h"

#include "driver/session.h"

namespace tdc::driver {

int RunDevice::build() {
  std::string folder = run_.command.keep;
  if (folder.empty()) {
    Result<runner::TemporaryFolder> made = runner::TemporaryFolder::make();
    if (!made.ok()) {
      print_failure(made.failure());
      return kProgramIsWrong;
    }
    temporary_.emplace(std::move(made.value()));
    folder = temporary_->path();
  }
  Result<HeldFolder> written = write_output_folder(folder, run_.compilation.files);
  if (!written.ok()) {
    print_failure(written.failure());
    return kProgramIsWrong;
  }
  project_.emplace(std::move(written.value()));
  Result<std::vector<std::string>> built =
      runner::build(folder, run_.compilation.program.prefix,
                    {.target = target_of(run_.command),
                     .chip_platform = run_.compilation.program.deployment.chip.platform,
                     .chip_program = chip_ != nullptr ? chip_->program() : std::string(),
                     .has_markers = run_.command.profile || !run_.command.timeline.empty()},
                    [this] { return run_.interrupts.count() > 0; });
  if (!built.ok()) return failed(built.failure());
  starter_ = std::move(built.value());
  if (chip_ != nullptr) {
    const std::vector<std::string> options = chip_->options(folder);
    starter_.insert(starter_.end(), options.begin(), options.end());
  }
  return kSuccess;
}

Result<Done> RunDevice::restart() {
  client_.reset();
  Result<runner::Client> client = runner::Client::start(
      starter_, emit::runner_sizes(run_.compilation.interface, run_.compilation.schedule), [this] {
        progress_.show();
        return run_.interrupts.count() > 1;
      });
  if (!client.ok()) return client.failure();
  client_.emplace(std::move(client.value()));
  return Done{};
}

int RunDevice::start() {
  if (const Result<Done> started = restart(); !started.ok()) {
    const int status = failed(started.failure());
    // A chip that does not even begin cannot hold the program with the parameters it was given.
    const bool is_too_small = chip_ != nullptr && status == kInternalFault && !chip_->has_begun();
    return is_too_small ? kCommandLineIsWrong : status;
  }
  return kSuccess;
}

Result<std::vector<io::Array>> RunDevice::read_weights() {
  std::vector<io::Array> arrays;
  int64_t index = 0;  // in the generated table, which has no accumulators
  for (const ir::Variable& variable : run_.compilation.schedule.variables) {
    if (variable.kind == ir::VariableKind::accumulator) continue;
    const Result<std::vector<float>> elements = client_->read_variable(index++);
    if (!elements.ok()) return elements.failure();
    arrays.push_back(io::make_array(variable.path, variable.type.dims, elements.value()));
  }
  return arrays;
}

int RunDevice::stop(int64_t flop) {
  int64_t model_cycles = 0;
  if (chip_ != nullptr) {
    const Result<uint64_t> cycles = client_->cycles();
    if (!cycles.ok()) return failed(cycles.failure());
    model_cycles = static_cast<int64_t>(cycles.value());
  }
  const Result<std::string> stopped = client_->stop();
  if (!stopped.ok()) return failed(stopped.failure());
  if (chip_ == nullptr) return kSuccess;
  print_error(stopped.value());  // the chip's console
  const Result<ChipReport> report = chip_->report();
  if (!report.ok()) return failed(report.failure());
  return chip_->show_cost(run_.compilation, report.value(), model_cycles, flop);
}

int RunDevice::interrupted() {
  progress_.finish();
  print_failure(fail("interrupted"));
  return kInterrupted;
}

int RunDevice::failed(const Failure& failure) {
  if (run_.interrupts.count() > 0) return interrupted();
  progress_.finish();
  if (chip_ != nullptr) {
    const Result<ChipReport> report = chip_->report();
    if (report.ok() && !report.value().fault.empty()) {
      print_failure(fail("the chip ended the program in cycle {}: {}",
                         runner::with_commas(report.value().cycles),
                         Verbatim{report.value().fault}));
      return static_cast<int>(report.value().status);
    }
  }
  print_failure(failure);
  return kInternalFault;
}

}  // namespace tdc::driver
