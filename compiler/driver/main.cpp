#include <cstdio>
#include <string>
#include <vector>

#include "driver/commands.h"
#include "driver/options.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto parsed = tdc::driver::parse_options(arguments);
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    std::fprintf(stderr, "tdc: %s\n", problem->c_str());
    return 2;
  }
  return tdc::driver::execute(std::get<tdc::driver::Command>(parsed));
}
