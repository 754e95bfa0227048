// What `--without` promises: with any pass left out, every result has the same bits. Each program
// is compiled with all passes and without each in turn, and both schedules run over their planned
// memory with the kernels of this machine: all weights and results after two updates.
//
// The ops' programs are small and all of them run; of the examples and the programs that are
// compared with JAX one pair of a `train` block and a pass each, by the number in TDC_TURN, which
// tests/run.sh sets to the number of commits; TDC_TURN=all runs all pairs.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "memory/run_schedule.h"
#include "support/files.h"
#include "unit/kernels/library.h"
#include "unit/own_programs.h"
#include "unit/schedule/schedules.h"

namespace tdc::driver {
namespace {

/// Nullopt if the program cannot be compiled: an op's example may take from the sample what must
/// not depend on it.
std::optional<Planned> plan(const std::filesystem::path& path, const std::string& train,
                            const std::vector<std::string>& without) {
  SourceFiles files;
  const FileId file = files.add(path.string(), read_file(path.string()).value());
  Diagnostics diagnostics;
  Dump none;
  std::optional<Planned> planned =
      plan_program(files, file, {.train = train, .deploy = "host", .without = without},
                   DefaultDeploy::host, diagnostics, none);
  INFO(path.string(), ", train `", train, "`\n", render(diagnostics, files));
  if (diagnostics.has_errors() && diagnostics.all().front().code == "operand-depends-on-sample")
    return std::nullopt;
  REQUIRE(planned.has_value());
  return planned;
}

using Results = std::map<std::string, std::vector<float>>;

void set_drawn(memory::ScheduleRun& run, const schedule::Schedule& schedule,
               schedule::BufferId buffer, int64_t classes, uint64_t seed) {
  test::Random random(seed);
  const ir::TensorType& type = schedule.buffers[buffer].type;
  const auto count = static_cast<size_t>(ir::element_count(type));
  if (type.dtype == ir::DType::i32) {
    std::vector<int32_t> values(count);
    for (int32_t& value : values)
      value = static_cast<int32_t>(random.between(0, std::max<int64_t>(classes, 1) - 1));
    run.set(buffer, values);
  } else {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.between(-64, 64)) / 512;
    run.set(buffer, values);
  }
}

/// Two calls of every entry point, one after another, from drawn weights and samples: every result,
/// and all variables at the end.
Results results_of(const Planned& planned) {
  static const kernels::Library library;
  const schedule::Schedule& schedule = planned.schedule;
  memory::ScheduleRun run(schedule, planned.plan, {.kernels = &library, .cores = 3});
  for (const ir::VariableId id : schedule.variables.ids())
    if (schedule.variables[id].kind == ir::VariableKind::parameter)
      set_drawn(run, schedule, run.variable(id), 0, id.index + 1);
  Results results;
  for (int call = 0; call < 2; ++call)
    for (const schedule::EntryPoint& entry : schedule.entry_points) {
      uint64_t seed = 1000 + static_cast<uint64_t>(call);
      for (const schedule::Argument& argument : entry.arguments) {
        if (argument.is_output) continue;
        if (argument.input_kind == ir::InputKind::learning_rate ||
            argument.input_kind == ir::InputKind::inverse_count)
          run.set(argument.buffer, std::vector<float>{0.25F});
        else
          set_drawn(run, schedule, argument.buffer, argument.classes, ++seed);
      }
      run.run(entry);
      for (const schedule::Argument& argument : entry.arguments)
        if (argument.is_output)
          results[entry.name + " " + argument.name + (call == 0 ? "" : " again")] =
              run.floats(argument.buffer);
    }
  for (const ir::VariableId id : schedule.variables.ids())
    if (schedule.variables[id].type.dtype == ir::DType::f32)
      results[schedule.variables[id].path] = run.floats(run.variable(id));
  return results;
}

/// A pass to leave out of a program.
struct Case {
  std::filesystem::path path;
  std::string train, pass;
};

std::vector<Case> cases_in(const char* folder) {
  std::vector<Case> cases;
  for (const std::filesystem::path& path : test::programs_in(folder))
    for (const std::string& train : test::trains_of(read_file(path.string()).value()))
      for (const std::string& pass : pass_names()) cases.push_back({path, train, pass});
  return cases;
}

/// Whether there was something to compare.
bool check_case(const Case& each) {
  const std::optional<Planned> all = plan(each.path, each.train, {});
  if (!all) return false;
  const std::optional<Planned> rest = plan(each.path, each.train, {each.pass});
  REQUIRE(rest.has_value());
  const Results expected = results_of(*all), found = results_of(*rest);
  INFO(each.path.string(), ", train `", each.train, "`, without ", each.pass);
  REQUIRE(found.size() == expected.size());
  for (const auto& [name, values] : expected) {
    INFO(name);
    CHECK(kernels::same_bits(found.at(name), values));
  }
  return true;
}

void check_turn(const char* folder) {
  const std::vector<Case> cases = cases_in(folder);
  REQUIRE_FALSE(cases.empty());
  const char* turn = std::getenv("TDC_TURN");
  if (turn != nullptr && std::string(turn) == "all")
    for (const Case& each : cases) check_case(each);
  else
    check_case(cases[test::turn() % cases.size()]);
}

TEST_CASE("the examples have the same bits without any of the passes") {
  check_turn("examples");
}

TEST_CASE("the programs that are compared with JAX have the same bits without any of the passes") {
  check_turn("tests/diff");
}

TEST_CASE("the example of every op has the same bits without any of the passes") {
  int compared = 0;
  for (const Case& each : cases_in("tests/ops")) compared += check_case(each) ? 1 : 0;
  CHECK(compared >= 100);
}

}  // namespace
}  // namespace tdc::driver
