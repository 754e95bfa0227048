// Measures the stages from a text to the entry points over growing programs:
//
//     front_end [NODES...]        1000 3000 10000 30000 without arguments
//
// Processor time in milliseconds, and in the last column how many times longer a program takes
// than the one before it. Three times the nodes should take about 3.3 times as long. Asserts
// nothing.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <vector>

#include "bench/large_programs.h"
#include "check/check.h"
#include "check/library.h"
#include "driver/pipeline.h"

namespace {

using namespace tdc;

/// The stages of one program.
struct Times {
  size_t nodes = 0;  // of the graph of one sample
  double parse = 0, check = 0, sample_graph = 0, entry_points = 0;

  [[nodiscard]] double to_ir() const { return parse + check + sample_graph; }
  [[nodiscard]] double total() const { return to_ir() + entry_points; }
};

/// Processor time since the last call, in milliseconds.
double lap(std::clock_t& since) {
  const std::clock_t now = std::clock();
  const double time = 1e3 * static_cast<double>(now - since) / CLOCKS_PER_SEC;
  since = now;
  return time;
}

std::optional<Times> measure(const std::string& text) {
  SourceFiles files;
  Diagnostics diagnostics;
  driver::Dump none;
  const FileId file = files.add("large.td", text);
  Times times;
  std::clock_t since = std::clock();
  check::Library library(files, diagnostics);
  const check::FileScope* main = library.load(file);
  times.parse = lap(since);
  if (!library.is_complete()) return std::nullopt;
  std::optional<check::CheckedFile> checked = check::check_file(library, *main, {}, diagnostics);
  times.check = lap(since);
  if (!checked) return std::nullopt;
  check::Program& program = checked->programs.front();
  driver::finish_sample_graph(program, none);
  times.sample_graph = lap(since);
  times.nodes = program.module.graphs.front().nodes.size();
  if (!driver::make_module(program, {}, diagnostics, none)) return std::nullopt;
  times.entry_points = lap(since);
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<int> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(std::atoi(argv[i]));
  if (sizes.empty()) sizes = {1'000, 3'000, 10'000, 30'000};
  std::printf("%-16s %7s %7s | %8s %8s %8s %8s | %8s %13s | %6s\n", "program", "size", "nodes",
              "parse", "check", "sample", "to IR", "growth", "entry points", "growth");
  for (const large_programs::LargeProgram& program : large_programs::kLargePrograms) {
    Times before;
    for (const int size : sizes) {
      const std::optional<Times> times = measure(program.text(size));
      if (!times) {
        std::fprintf(stderr, "%s of %d does not compile\n", program.name, size);
        return EXIT_FAILURE;
      }
      const auto growth = [](double now, double then) { return then > 0 ? now / then : 0; };
      std::printf("%-16s %7d %7zu | %8.1f %8.1f %8.1f %8.1f | %8.1f %13.1f | %6.1f\n", program.name,
                  size, times->nodes, times->parse, times->check, times->sample_graph,
                  times->to_ir(), growth(times->to_ir(), before.to_ir()), times->entry_points,
                  growth(times->entry_points, before.entry_points));
      std::fflush(stdout);
      before = *times;
    }
  }
  return EXIT_SUCCESS;
}
