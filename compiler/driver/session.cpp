#include "driver/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "diag/render.h"
#include "support/files.h"

namespace tdc::driver {

namespace {

int output_error = 0;  // `errno` of the first text that did not arrive; 0: none
int error_output_error = 0;

/// All of `text`, also to an output that does not block; `error` is set if it does not arrive. A
/// reader that has gone is written to only once: the second signal might end the program.
void write_all(int descriptor, std::string_view text, int& error) {
  while (!text.empty() && error != EPIPE) {
    const ssize_t count = write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      pollfd source = {.fd = descriptor, .events = POLLOUT, .revents = 0};
      poll(&source, 1, /*timeout=*/100);
    } else if (errno != EINTR) {
      if (error == 0) error = errno;
      return;
    }
  }
}

}  // namespace

void print(const std::string& text) {
  write_all(STDOUT_FILENO, text, output_error);
}

void print_error(const std::string& text) {
  write_all(STDERR_FILENO, text, error_output_error);
}

int finish_output(int status) {
  if (output_error != 0)
    print_failure(fail("standard output cannot be written: {}", std::strerror(output_error)));
  const bool has_arrived = output_error == 0 && error_output_error == 0;
  return status == kSuccess && !has_arrived ? kProgramIsWrong : status;
}

void print_failure(const Failure& failure) {
  for (const std::string& message : failure.messages)
    print_error(fmt::format("tdc: {}\n", message));
}

bool Session::open(const std::string& path) {
  Result<std::string> text = read_file(path);
  if (!text.ok()) {
    print_failure(text.failure());
    return false;
  }
  file_ = files_.add(path, std::move(text.value()));
  return true;
}

int Session::finish() {
  print_error(render(diagnostics_, files_, {.colours = isatty(STDERR_FILENO) != 0}));
  return diagnostics_.has_errors() ? kProgramIsWrong : kSuccess;
}

int Session::finish_dump(const Dump& dump) {
  const int status = finish();
  if (dump.text) {
    print(*dump.text);
    return status;
  }
  if (status != kSuccess) return status;
  std::string names;
  for (const std::string& name : dump.names)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  print_error(fmt::format("tdc: no stage is called `{}`; there are {}\n", dump.stage, names));
  return kCommandLineIsWrong;
}

}  // namespace tdc::driver
