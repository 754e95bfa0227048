#include "driver/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "diag/render.h"
#include "support/files.h"

namespace tdc::driver {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_error(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
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
