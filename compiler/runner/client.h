#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "emit/emit_runner.h"
#include "runner/child_process.h"
#include "support/result.h"

namespace tdc::runner {

/// What `eval` says about one sample.
struct Evaluation {
  float loss = 0;
  std::vector<float> metrics;
  friend bool operator==(const Evaluation&, const Evaluation&) = default;
};

/// The host side of the runner protocol (`runtime/td_runner.h`): a model in a program of its own,
/// on this machine, in an emulator or on the simulated chip. Every function waits for the answer,
/// and fails with the program's last words if it ends instead.
class Client {
 public:
  /// Starts the program, waits until the model is initialised, and compares the sizes of its
  /// messages with `sizes`. `gives_up` is asked during all waits.
  static Result<Client> start(const std::vector<std::string>& command,
                              const emit::RunnerSizes& sizes, GivesUp gives_up);

  /// One micro-batch; gives its mean loss. A loss that is no number is positive: `nan` on every
  /// target. `input` holds all samples of the first input, then all
  /// of the next.
  Result<float> train_step(std::span<const std::byte> input);
  /// The update for a group of micro-batches that is not full; nothing if there is none.
  Result<Done> flush();
  Result<Evaluation> eval(std::span<const std::byte> input);
  /// All results one after another, elements of four bytes.
  Result<std::vector<std::byte>> infer(std::span<const std::byte> input);

  /// The elements of a variable, by its place in the generated table.
  Result<std::vector<float>> read_variable(int64_t index);
  /// Fails if the variable is frozen or has another number of elements.
  Result<Done> write_variable(int64_t index, std::span<const float> elements);

  /// Whether the last failure is a status of the model's own, such as a label out of range: it has
  /// changed nothing and goes on.
  [[nodiscard]] bool has_refused() const { return has_refused_; }

  /// Clock cycles that the model's functions have taken, without the waiting for messages. On
  /// hosts: nanoseconds.
  Result<uint64_t> cycles();

  /// Ends the program; it must end well. Gives what it wrote to standard error.
  Result<std::string> stop();

 private:
  Client(ChildProcess process, const emit::RunnerSizes& sizes)
      : process_(std::move(process)), sizes_(sizes) {}
  /// Sends the operation with its arguments; fails unless the answer's status is good.
  Result<Done> request(uint32_t operation, std::span<const std::byte> arguments,
                       std::string_view name);

  ChildProcess process_;
  emit::RunnerSizes sizes_;
  bool has_refused_ = false;
};

}  // namespace tdc::runner
