#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "driver/commands.h"
#include "driver/options.h"
#include "driver/session.h"

namespace {

using namespace tdc::driver;

/// A standard stream that is closed would be the next file that is opened: what is printed would go
/// into it. This one can be neither read nor written, as a closed one.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0)
      (void)open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int run_command(const std::vector<std::string>& arguments) {
  const auto parsed = parse_options(arguments);
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    print_failure(tdc::fail("{}", *problem));
    return kCommandLineIsWrong;
  }
  return execute(std::get<Command>(parsed));
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // writing then fails, as on a full disk
  return finish_output(run_command({argv + 1, argv + argc}));
}
