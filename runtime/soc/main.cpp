// tdc-soc: runs an RV32 program on the simulated chip. Standard input and output are the program's
// byte streams; everything else goes to standard error or to files.

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "soc/cluster.h"
#include "soc/fault.h"
#include "soc/program.h"
#include "soc/report.h"
#include "soc/timeline.h"

namespace {

using namespace tdc::soc;

constexpr const char* kUsage =
    "usage: tdc-soc PROGRAM.elf [options]\n"
    "  --set NAME=VALUE      changes a parameter of the chip (--parameters lists them)\n"
    "  --preset NAME         standard, or reference_sdk: L3 start-up of the reference's driver\n"
    "  --cycle-limit N       ends the run with status 108 after N cycles\n"
    "  --no-race-check       does not look for data races\n"
    "  --report FILE         writes what was measured as JSON\n"
    "  --progress FILE       keeps the number of the cycle in FILE, renewed ten times a second\n"
    "  --counters            prints the same as a table to standard error\n"
    "  --trace FILE          writes each instruction: cycle, core, pc, word, place\n"
    "  --trace-window A:B    ... from cycle A to before cycle B only\n"
    "  --timeline FILE       writes what cores, DMA and matrix engine did: an interval a line\n"
    "  --parameters          prints the parameters with their reasons and ends\n"
    "The exit status is the program's, or that of a fault: 101 wild access, 102 misaligned "
    "access,\n"
    "103 illegal instruction, 104 stack overflow, 105 DMA out of range, 106 data race, 107 "
    "deadlock,\n"
    "108 cycle limit, 109 matrix engine out of range. 2: the command line or the program could not "
    "be used.\n";

constexpr uint64_t kCyclesBetweenProgress = 16384;

struct Options {
  std::string program;
  Parameters parameters;
  uint64_t cycle_limit = UINT64_MAX;
  bool checks_races = true;
  bool prints_counters = false;
  bool prints_parameters = false;
  std::string report;
  std::string progress;
  std::string timeline;
  std::string trace;
  uint64_t trace_begin = 0;
  uint64_t trace_end = UINT64_MAX;
};

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "tdc-soc: {}\n", message);
  std::exit(2);
}

uint64_t whole_number(const std::string& text) {
  if (text.empty() || text.size() > 18 ||
      text.find_first_not_of("0123456789") != std::string::npos) {
    fail("`" + text + "` is not a number of cycles");
  }
  return std::stoull(text);
}

Options parse(const std::vector<std::string>& arguments) {
  Options options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const auto value = [&]() -> const std::string& {
      if (i + 1 >= arguments.size()) fail(argument + " needs a value\n" + kUsage);
      return arguments[++i];
    };
    if (argument == "--set" || argument == "--preset") {
      const std::string& text = value();
      const std::string problem = argument == "--set" ? set_parameter(options.parameters, text)
                                                      : apply_preset(options.parameters, text);
      if (!problem.empty()) fail(argument + " " + text + ": " + problem);
    } else if (argument == "--cycle-limit") {
      options.cycle_limit = whole_number(value());
    } else if (argument == "--no-race-check") {
      options.checks_races = false;
    } else if (argument == "--report") {
      options.report = value();
    } else if (argument == "--progress") {
      options.progress = value();
    } else if (argument == "--counters") {
      options.prints_counters = true;
    } else if (argument == "--timeline") {
      options.timeline = value();
    } else if (argument == "--trace") {
      options.trace = value();
    } else if (argument == "--trace-window") {
      const std::string& text = value();
      const size_t colon = text.find(':');
      if (colon == std::string::npos) fail("--trace-window is FIRST:END in cycles");
      options.trace_begin = whole_number(text.substr(0, colon));
      options.trace_end = whole_number(text.substr(colon + 1));
    } else if (argument == "--parameters") {
      options.prints_parameters = true;
    } else if (argument == "--help") {
      fmt::print("{}", kUsage);
      std::exit(0);
    } else if (argument.starts_with("-") || !options.program.empty()) {
      fail("`" + argument + "` is not expected\n" + kUsage);
    } else {
      options.program = argument;
    }
  }
  if (const std::string problem = check_parameters(options.parameters); !problem.empty()) {
    fail(problem);
  }
  if (options.program.empty() && !options.prints_parameters)
    fail(std::string("no program\n") + kUsage);
  return options;
}

/// "pc 0x1c000124 in `f` at a.c:7, called by `main` at a.c:19".
std::string describe(CodePlace place, const Program& program) {
  std::string text = fmt::format("pc {:#010x}", place.pc);
  const std::string where = program.describe_pc(place.pc);
  if (!where.empty()) text += " in " + where;
  // A function that has called another returns into itself, as far as the register says.
  const uint32_t call = place.return_address - 1;
  const std::string caller = program.function_at(call);
  if (!caller.empty() && caller != program.function_at(place.pc)) {
    text += ", called by " + program.describe_pc(call);
  }
  return text;
}

/// "wild access: load: ... / core 3, pc 0x1c000124 in `f` at a.c:7 / address 0x10020000: ...".
std::string describe(const Fault& fault, const Program& program) {
  std::string text = fmt::format("{}: {}", fault_name(fault.kind), fault.detail);
  if (fault.core != Fault::kNoCore) {
    text += fmt::format("\n  core {}, {}", fault.core, describe(fault.place, program));
  }
  if (fault.other_transfer != 0) {
    text += fmt::format("\n  transfer {}: {}", fault.other_transfer,
                        describe(fault.other_place, program));
  }
  if (fault.other_job != 0) {
    text +=
        fmt::format("\n  engine job {}: {}", fault.other_job, describe(fault.other_place, program));
  }
  if (fault.has_address) {
    text += fmt::format("\n  address {:#010x}", fault.address);
    const std::string buffer = program.describe_data(fault.address);
    if (!buffer.empty()) text += ": " + buffer;
  }
  return text;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) fail("cannot write " + path);
}

int run(const Options& options) {
  Program program;
  if (const std::string problem = program.open(options.program); !problem.empty()) {
    fail(options.program + ": " + problem);
  }
  HostPort host(0, 1, 2);
  Cluster cluster(options.parameters, host, program.entry());
  if (const std::string problem = program.load(cluster.memories(), options.parameters.cores);
      !problem.empty()) {
    fail(options.program + ": " + problem);
  }
  if (const auto stacks = program.stacks()) cluster.set_stacks(*stacks);
  cluster.check_races(options.checks_races);
  std::ofstream progress;
  if (!options.progress.empty()) {
    progress.open(options.progress);
    if (!progress) fail("cannot write " + options.progress);
  }
  std::ofstream trace;
  if (!options.trace.empty()) {
    trace.open(options.trace);
    if (!trace) fail("cannot write " + options.trace);
    cluster.set_trace([&](uint32_t core, uint32_t pc) {
      if (cluster.cycles() < options.trace_begin || cluster.cycles() >= options.trace_end) return;
      const Memory* memory = cluster.memories().find(pc);
      uint32_t word = 0;
      if (memory != nullptr && memory->contains(pc, 4)) {
        std::memcpy(&word, &memory->bytes[pc - memory->base], 4);
      }
      trace << fmt::format("{} {} {:08x} {:0{}x} {}\n", cluster.cycles(), core, pc,
                           (word & 3) == 3 ? word : word & 0xFFFF, (word & 3) == 3 ? 8 : 4,
                           program.describe_pc(pc));
    });
  }

  std::ofstream timeline_file;
  std::optional<Timeline> timeline;
  if (!options.timeline.empty()) {
    timeline_file.open(options.timeline);
    if (!timeline_file) fail("cannot write " + options.timeline);
    timeline.emplace(timeline_file, options.parameters.cores);
    cluster.set_timeline(&*timeline);
  }

  const auto start = std::chrono::steady_clock::now();
  int status = 0;
  std::string fault_text;
  try {
    while (!cluster.exit_status()) {
      if (cluster.cycles() >= options.cycle_limit) {
        throw Fault(FaultKind::kCycleLimit, fmt::format("after {} cycles: {}", options.cycle_limit,
                                                        cluster.describe_cores()));
      }
      if (progress.is_open() && cluster.cycles() % kCyclesBetweenProgress == 0) {
        progress.seekp(0) << cluster.cycles() << '\n' << std::flush;
      }
      cluster.tick();
    }
    status = static_cast<int>(*cluster.exit_status());
  } catch (const Fault& fault) {
    status = static_cast<int>(fault.kind);
    fault_text = describe(fault, program);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  host.flush();
  if (!fault_text.empty()) {
    fmt::print(stderr, "tdc-soc: {}\n  cycle {}\n", fault_text, cluster.cycles());
  }
  if (options.prints_counters) {
    fmt::print(stderr, "{}{}{:.1f} thousand cycles a second\n", parameter_table(options.parameters),
               text_report(cluster, options.parameters),
               static_cast<double>(cluster.cycles()) / seconds.count() / 1e3);
  }
  if (timeline) {
    timeline->finish(cluster.cycles());
    if (!timeline_file.flush()) fail("cannot write " + options.timeline);
  }
  if (!options.report.empty()) {
    write_file(options.report,
               json_report(cluster, options.parameters, status, fault_text, seconds.count()));
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  // A closed output is the program's affair: the write fails and it ends.
  std::signal(SIGPIPE, SIG_IGN);
  const Options options = parse({argv + 1, argv + argc});
  if (options.prints_parameters) {
    fmt::print("{}", parameter_table(options.parameters));
    return 0;
  }
  return run(options);
}
