#include "unit/emit/emitted.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstring>
#include <filesystem>
#include <utility>
#include <variant>

#include "emit/c_names.h"
#include "emit/emit_model.h"
#include "emit/emit_weights.h"
#include "emit/kernel_header.h"
#include "emit/program_data.h"
#include "memory/plan_memory.h"
#include "memory/run_schedule.h"
#include "memory/validate.h"
#include "ops/registry.h"
#include "schedule/aliases.h"
#include "support/files.h"
#include "unit/kernels/kernels.h"
#include "unit/kernels/library.h"
#include "unit/patience.h"
#include "unit/schedule/schedules.h"
#include "unit/threads.h"

namespace tdc::test {
namespace {

using schedule::Argument;
using schedule::BufferId;
using schedule::EntryPoint;

/// Of every entry point; the second finds what the first has left in variables.
int calls_of(const schedule::Schedule& schedule) {
  return schedule.variables.empty() ? 1 : 2;
}

interface::Interface interface_on(const chip::Chip& chip) {
  return {.net = "Net", .prefix = "net", .chip = chip};
}

const std::string kTests = TDC_TEST_BUILDS, kRuntime = std::string(TDC_SOURCE_DIR) + "/runtime";

struct Build {
  std::vector<std::string> compiler;
  std::vector<std::string> rest;  // platform and kernels, for the linker
};

Build build_of(Way way) {
  const std::string rv32 = kRuntime + "/rv32/", qemu = rv32 + "qemu_user/";
  const std::string host = kRuntime + "/host/platform_host.c";
  const std::string threads =
      std::string(TDC_SOURCE_DIR) + "/tests/platforms/threads/platform_threads.c";
  switch (way) {
    case Way::gcc:
      return {{"gcc", "-O1"}, {host, kTests + "/kernels_native.so"}};
    case Way::clang:
      return {{"clang-19", "-O1"}, {host, kTests + "/kernels_clang.so"}};
    case Way::threads:
      return {{"gcc", "-O1"}, {TDC_THREADS_PLATFORM, kTests + "/kernels_native.so"}};
    case Way::thread_sanitizer:
      return {{"clang-19", "-O1", "-g", "-fsanitize=thread"},
              {threads, kTests + "/kernels_thread_sanitizer.a"}};
    case Way::rv32_gcc:
    case Way::rv32_clang: {
      const bool is_gcc = way == Way::rv32_gcc;
      std::vector<std::string> compiler = {is_gcc ? "riscv64-unknown-elf-gcc" : "clang-19",
                                           "-O1",
                                           "-march=rv32imfc",
                                           "-mabi=ilp32f",
                                           "-ffreestanding",
                                           "-nostdlib",
                                           "-fno-pic"};
      if (!is_gcc)
        compiler.insert(compiler.end(), {"--target=riscv32-unknown-elf", "-fuse-ld=lld"});
      return {
          compiler,
          {rv32 + "memory_functions.c", qemu + "platform.c", qemu + "start.S", "-T",
           qemu + "link.ld", kTests + (is_gcc ? "/kernels_rv32_gcc.a" : "/kernels_rv32_clang.a")}};
    }
  }
  return {};
}

/// The bytes of a tensor in C.
std::vector<std::byte> bytes_of(const ops::Tensor& tensor) {
  std::vector<std::byte> bytes;
  for (const double element : tensor.data) {
    const auto real = static_cast<float>(element);
    const bool is_float = tensor.type.dtype == ir::DType::f32;
    const int32_t whole = is_float ? 0 : static_cast<int32_t>(element);
    std::byte each[4];
    std::memcpy(each, is_float ? static_cast<const void*>(&real) : &whole, sizeof each);
    bytes.insert(bytes.end(), each, each + sizeof each);
  }
  return bytes;
}

std::vector<float> floats_of(const ops::Tensor& tensor) {
  return {tensor.data.begin(), tensor.data.end()};
}

const char* c_type(const ir::TensorType& type) {
  return type.dtype == ir::DType::i32 ? "int32_t" : "float";
}

void write(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  REQUIRE(write_file_atomically(path, text).ok());
}

}  // namespace

Values draw_values(const schedule::Schedule& schedule, uint64_t seed) {
  Values values;
  Random random(seed);
  const auto draw = [&](BufferId buffer, int64_t classes) {
    ops::Tensor tensor(schedule.buffers[buffer].type);
    for (double& element : tensor.data)
      element = tensor.type.dtype == ir::DType::f32
                    ? static_cast<double>(random.between(-1000, 1000)) / 512
                    : static_cast<double>(random.between(0, std::max<int64_t>(classes, 1) - 1));
    values[buffer] = std::move(tensor);
  };
  for (const BufferId variable : schedule::variable_buffers(schedule)) draw(variable, 0);
  for (const EntryPoint& entry : schedule.entry_points)
    for (const Argument& argument : entry.arguments)
      if (!argument.is_output) draw(argument.buffer, argument.classes);
  return values;
}

EmittedProgram::EmittedProgram(schedule::Schedule schedule, Values values)
    : schedule_(std::move(schedule)), values_(std::move(values)) {
  const interface::Interface interface = interface_on(two_level_chip());
  const chip::Chip& chip = interface.chip;
  auto planned =
      memory::plan_memory(schedule_, chip, emit::program_data(interface, schedule_, true));
  REQUIRE(std::holds_alternative<memory::MemoryPlan>(planned));
  plan_ = std::get<memory::MemoryPlan>(std::move(planned));
  emit::InitialValues initial_values;
  for (const BufferId variable : schedule::variable_buffers(schedule_))
    initial_values.push_back(floats_of(values_.at(variable)));
  SourceFiles files;
  files.add("random.td", "repeat\n");  // where loops say that they come from
  const emit::Model model = {.interface = interface,
                             .schedule = schedule_,
                             .plan = plan_,
                             .initial_values = initial_values,
                             .files = files};
  source_ = emit::emit_source(model);
  const emit::FileNames names = emit::file_names(interface.prefix);
  write(folder_ / names.header, emit::emit_header(model));
  write(folder_ / names.source, source_);
  write(folder_ / names.weights, emit::emit_weights(model));
  write(folder_ / names.weight_elements, emit::weight_elements(model));
  write(folder_ / "kernels/td_kernels.h", emit::kernel_header(ops::all_ops()));
  write(folder_ / "main.c", main_text());
}

/// Reads the inputs of each call and writes its results, then all variables.
std::string EmittedProgram::main_text() const {
  std::string prototypes, calls;
  for (const EntryPoint& entry : schedule_.entry_points) {
    prototypes +=
        fmt::format("net_status net_{}({});\n", entry.name, emit::parameter_list(entry, schedule_));
    std::string arrays, reads, writes, names;
    for (const Argument& argument : entry.arguments) {
      const ir::TensorType& type = schedule_.buffers[argument.buffer].type;
      const std::string name = emit::parameter_name(argument);
      arrays += fmt::format("    static {} {}[{}];\n", c_type(type), name, ir::element_count(type));
      if (argument.is_output)
        writes += fmt::format("    td_write({0}, sizeof {0});\n", name);
      else
        reads += fmt::format("    if (td_read({0}, sizeof {0}) != sizeof {0}) return 11;\n", name);
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    }
    calls += fmt::format("  {{\n{}{}    if (net_{}({}) != NET_OK) return 12;\n{}  }}\n", arrays,
                         reads, entry.name, names, writes);
  }
  return fmt::format(
      "#include \"tdc/net.h\"\n#include \"td_platform.h\"\n{}\nstatic int call_all(void) {{\n{}"
      "  return 0;\n}}\n\nint main(void) {{\n  if (net_init(0) != NET_OK) return 10;\n"
      "  for (int i = 0; i < {}; ++i) {{\n    const int status = call_all();\n"
      "    if (status != 0) return status;\n  }}\n"
      "  for (int i = 0; i < NET_VARIABLES; ++i)\n"
      "    td_write(net_variables[i].value, net_variables[i].elements * 4);\n  return 0;\n}}\n",
      prototypes, calls, calls_of(schedule_));
}

std::vector<std::string> EmittedProgram::violations() const {
  return memory::validate(schedule_, plan_);
}

EmittedProgram::Outcome EmittedProgram::expected() const {
  static const kernels::Library library;
  memory::ScheduleRun run(schedule_, plan_, {.kernels = &library});
  for (const auto& [buffer, tensor] : values_) {
    if (tensor.type.dtype == ir::DType::f32)
      run.set(buffer, floats_of(tensor));
    else
      run.set(buffer, std::vector<int32_t>(tensor.data.begin(), tensor.data.end()));
  }
  Outcome outcome;
  for (int call = 0; call < calls_of(schedule_); ++call)
    for (const EntryPoint& entry : schedule_.entry_points) {
      run.run(entry);
      for (const Argument& argument : entry.arguments)
        if (argument.is_output) outcome.results.push_back(bits_of(run, schedule_, argument.buffer));
    }
  for (const BufferId variable : schedule::variable_buffers(schedule_))
    outcome.results.push_back(run.floats(variable));
  return outcome;
}

EmittedProgram::Outcome EmittedProgram::run(Way way, uint64_t seed,
                                            const std::string& kernel) const {
  const Build build = build_of(way);
  const std::string program = folder_ / fmt::format("program_{}", static_cast<int>(way));
  std::vector<std::string> command = build.compiler;
  for (const char* option : {"-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion",
                             "-Wshadow", "-Wdouble-promotion", "-Werror", "-ffp-contract=off",
                             "-fno-math-errno", "-fno-strict-aliasing"})
    command.emplace_back(option);
  for (const std::string& path : {folder_ / "include", folder_ / "kernels", kRuntime})
    command.push_back("-I" + path);
  for (const char* name : {"main.c", "net.c", "net_weights.S"}) command.push_back(folder_ / name);
  if (!kernel.empty()) command.push_back(kernel);
  command.insert(command.end(), build.rest.begin(), build.rest.end());
  command.insert(command.end(), {"-o", program});
  const Result<runner::Exit> built = runner::run_to_end(command, patience());
  REQUIRE(built.ok());
  REQUIRE_MESSAGE(built.value().is_success(), built.value().errors);

  std::vector<std::string> start = {program};
  if (way == Way::rv32_gcc || way == Way::rv32_clang) start = {TDC_QEMU_RISCV32, program};
  if (way == Way::threads || way == Way::thread_sanitizer) start = on_threads(program, seed);
  std::vector<std::byte> request;
  for (int call = 0; call < calls_of(schedule_); ++call)
    for (const EntryPoint& entry : schedule_.entry_points)
      for (const Argument& argument : entry.arguments) {
        if (argument.is_output) continue;
        const std::vector<std::byte> bytes = bytes_of(values_.at(argument.buffer));
        request.insert(request.end(), bytes.begin(), bytes.end());
      }
  Outcome outcome = {.exit = {}, .results = expected().results};  // of these lengths
  size_t count = 0;
  for (const std::vector<float>& result : outcome.results) count += result.size();
  std::vector<float> reply(count);
  Result<runner::ChildProcess> process = runner::ChildProcess::start(start, patience());
  REQUIRE(process.ok());
  const Result<Done> answered =
      process.value().exchange(request, std::as_writable_bytes(std::span(reply)));
  REQUIRE_MESSAGE(answered.ok(), (answered.ok() ? "" : answered.failure().messages.front()));
  outcome.exit = process.value().finish();
  auto at = reply.begin();
  for (std::vector<float>& result : outcome.results) {
    const auto end = at + static_cast<std::ptrdiff_t>(result.size());
    std::copy(at, end, result.begin());
    at = end;
  }
  return outcome;
}

void EmittedProgram::check() const {
  const Outcome all = expected();
  for (const Way way : {Way::gcc, Way::clang, Way::threads, Way::thread_sanitizer, Way::rv32_gcc,
                        Way::rv32_clang}) {
    const uint64_t seed = next_seed();
    CAPTURE(static_cast<int>(way));
    CAPTURE(seed);
    const Outcome found = run(way, seed);
    CHECK_MESSAGE(found.exit.is_success(), found.exit.errors);
    size_t number = 0;
    for (int call = 0; call < calls_of(schedule_); ++call)
      for (const EntryPoint& entry : schedule_.entry_points)
        for (const Argument& argument : entry.arguments) {
          if (!argument.is_output) continue;
          INFO(entry.name, " ", argument.name, ", call ", call);
          CHECK(kernels::same_bits(found.results[number], all.results[number]));
          ++number;
        }
    for (; number < all.results.size(); ++number)
      CHECK(kernels::same_bits(found.results[number], all.results[number]));
  }
}

}  // namespace tdc::test
