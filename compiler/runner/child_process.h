#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/gives_up.h"
#include "support/result.h"

namespace tdc::runner {

/// Is given what a program writes, piece by piece, and an empty piece ten times a second.
using Watch = std::function<void(std::string_view)>;

/// How a program ended.
struct Exit {
  bool by_signal = false;
  int code = 0;  ///< its exit status, or the number of the signal
  std::string
      errors;  ///< the end of what it wrote to standard error (`run_to_end`: to both outputs)

  [[nodiscard]] bool is_success() const { return !by_signal && code == 0; }
};

/// `exit status 3`, `signal 11 (Segmentation fault)`.
std::string to_text(const Exit& exit);

/// A program whose standard input and output are a connection to us. It runs in a process group of
/// its own, so that Ctrl-C in the terminal reaches only the compiler, which then decides.
class ChildProcess {
 public:
  /// `command`: the program, looked up in PATH, and its arguments.
  static Result<ChildProcess> start(const std::vector<std::string>& command, GivesUp gives_up);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess();

  /// Sends all of `request` and waits until `reply` is full. Both may be empty. Fails if the
  /// program ends first (the message holds how, and what it wrote to standard error), or if
  /// `gives_up`.
  Result<Done> exchange(std::span<const std::byte> request, std::span<std::byte> reply);

  /// Hangs up and waits for the program's end. A program that does not end within two seconds is
  /// killed.
  Exit finish();

 private:
  ChildProcess(pid_t process, int stream, int errors, std::string name, GivesUp gives_up)
      : process_(process),
        stream_(stream),
        errors_(errors),
        name_(std::move(name)),
        gives_up_(std::move(gives_up)) {}
  void read_errors();

  pid_t process_;
  int stream_;  // to its standard input and from its standard output; not blocking
  int errors_;  // from its standard error; not blocking; -1 once it is closed
  std::string name_;
  GivesUp gives_up_;
  std::string error_text_;
};

/// Runs a program without input to its end; what it writes to its two outputs is in `errors`, and
/// `watch`, if there is one, sees it come. Fails if it cannot be started, or if `gives_up`, and
/// then kills it with all that it has started.
Result<Exit> run_to_end(const std::vector<std::string>& command, const GivesUp& gives_up,
                        const Watch& watch = {});

}  // namespace tdc::runner
