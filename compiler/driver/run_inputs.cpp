#include "driver/run_inputs.h"

#include "driver/chip_settings.h"
#include "io/load.h"
#include "support/files.h"
#include "support/text.h"

namespace tdc::driver {
namespace {

using Mode = RunCommand::Mode;

/// What `--data` names, otherwise the `data` block of the net.
Result<io::DataSource> data_source(const RunCommand& command, const check::Program& program) {
  if (!command.data.empty()) return io::parse_data_source(command.data);
  if (!program.data)
    return fail("where are the samples? give `--data FILE.npz`, or {} a `data` block for {}",
                command.compile.file, program.net);
  const bool trains = command.mode == Mode::train;
  std::optional<io::DataSource> source = trains ? program.data->train : program.data->test;
  if (!source)
    return fail("the block `data {}` has no `{}`; give `--data FILE.npz`", program.data->name,
                trains ? "train" : "test");
  for (std::string& path : source->paths) path = beside(command.compile.file, path);
  return *std::move(source);
}

Result<runner::Samples> load_samples(const RunCommand& command,
                                     const interface::Interface& interface,
                                     const io::DataSource& source) {
  Result<io::ArrayFile> file = io::load_data(
      source, command.mode == Mode::train ? io::DataPart::kTrain : io::DataPart::kTest);
  if (!file.ok()) return file.failure();
  return runner::Samples::make(std::move(file.value()),
                               runner::fields_of(interface, command.mode != Mode::infer),
                               io::to_text(source));
}

}  // namespace

runner::Target target_of(const RunCommand& command) {
  return command.target == "host"   ? runner::Target::host
         : command.target == "qemu" ? runner::Target::qemu
                                    : runner::Target::rtl;
}

Result<RunInputs> find_run_inputs(const RunCommand& command, const Compilation& compilation) {
  const check::Program& program = compilation.program;
  Failure problems;
  const auto add = [&](const Failure& failure) { problems.add(failure); };
  RunInputs inputs;
  const bool is_rtl = target_of(command) == runner::Target::rtl;
  const chip::Chip& target_chip = program.deployment.chip;
  if (is_rtl && !target_chip.has_budget) {
    add(fail("the built-in deployment `host` is no chip; `--on rtl` needs a `deploy` block"));
  } else if (is_rtl) {
    Result<std::vector<std::string>> settings = chip_settings(target_chip, command.chip_settings);
    add(settings.failure());
    if (settings.ok()) inputs.chip_settings = std::move(settings.value());
  }
  add({.messages = runner::missing_tools(target_of(command))});
  if (is_rtl) {
    const Result<runner::ChipBuild> chip = runner::find_chip();
    add(chip.failure());
    if (chip.ok()) {
      inputs.chip = chip.value();
      if (!inputs.chip->is_built()) add({.messages = runner::missing_chip_tools()});
    }
  }
  const Result<io::DataSource> source = data_source(command, program);
  add(source.failure());
  if (source.ok()) {
    inputs.data = printable(io::to_text(source.value()));
    inputs.files = source.value().paths;
    inputs.files.push_back(command.compile.file);
    Result<runner::Samples> samples = load_samples(command, compilation.interface, source.value());
    add(samples.failure());
    if (samples.ok()) {
      inputs.samples = std::move(samples.value());
      if (command.samples && *command.samples > inputs.samples.count())
        add(fail("`--samples {}`, but `{}` has {}", *command.samples, inputs.data,
                 inputs.samples.count()));
    }
  }
  if (!problems.messages.empty()) return problems;
  return inputs;
}

}  // namespace tdc::driver
