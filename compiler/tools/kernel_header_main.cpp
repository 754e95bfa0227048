// Writes `td_kernels.h` for all ops to the file named by the only argument; the build uses it to
// compile kernels for tests. A file that says so already stays as it is, so that kernels and tests
// are not built again whenever the compiler is.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "emit/kernel_header.h"
#include "ops/registry.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: tdc_kernel_header FILE\n");
    return 2;
  }
  const std::string text = tdc::emit::kernel_header(tdc::ops::all_ops());
  std::ifstream there(argv[1], std::ios::binary);
  if (there && std::string(std::istreambuf_iterator<char>(there), {}) == text) return EXIT_SUCCESS;
  std::FILE* file = std::fopen(argv[1], "w");
  if (file == nullptr) return std::perror(argv[1]), EXIT_FAILURE;
  const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  return std::fclose(file) == 0 && is_written ? EXIT_SUCCESS : EXIT_FAILURE;
}
