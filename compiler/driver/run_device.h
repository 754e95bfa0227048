#pragma once

#include <optional>
#include <string>
#include <vector>

#include "driver/run_chip.h"
#include "driver/run_context.h"
#include "driver/run_progress.h"
#include "io/array.h"
#include "runner/build.h"
#include "runner/client.h"
#include "support/output_folder.h"

namespace tdc::driver {

/// The program that holds the model in a run: from writing its C project to its end. Functions that
/// give an exit status have said what went wrong.
class RunDevice {
 public:
  /// `chip`: null unless the run is on the simulated chip.
  RunDevice(const RunContext& run, RunChip* chip, RunProgress& progress)
      : run_(run), chip_(chip), progress_(progress) {}

  /// Writes the C project and builds it.
  int build();
  /// Starts the program.
  int start();
  /// Starts it from its beginning once more.
  Result<Done> restart();
  [[nodiscard]] runner::Client& client() { return *client_; }

  /// Every parameter and state as it is on the device.
  Result<std::vector<io::Array>> read_weights();

  /// Ends the program, and says what it cost on the chip. `flop`: of the run.
  int stop(int64_t flop);

  /// Says that the user has asked to end at once; the exit status.
  [[nodiscard]] int interrupted();
  /// Says what went wrong with the program, unless the user asked to end; the exit status. A fault
  /// on the chip has its own.
  [[nodiscard]] int failed(const Failure& failure);

 private:
  const RunContext& run_;
  RunChip* chip_;
  RunProgress& progress_;
  std::optional<runner::TemporaryFolder> temporary_;
  std::optional<HeldFolder> project_;
  std::vector<std::string> starter_;      // the command that starts the program
  std::optional<runner::Client> client_;  // ends before its folder is removed
};

}  // namespace tdc::driver
