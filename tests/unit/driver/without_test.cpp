// What `--without` promises: with any pass left out, every result has the same bits. Each program
// is compiled with all passes and without each in turn, for a chip with a scratchpad and a matrix
// engine, and both
// schedules run over their planned memory with the kernels of this machine: all weights and results
// after two updates.
//
// The ops' programs are small and all of them run; of the examples and the programs that are
// compared with JAX one pair of a `train` block and a pass each, by the number in TDC_TURN, which
// tests/run.sh sets to the number of commits; TDC_TURN=all runs all pairs.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "check/check.h"
#include "check/interface_of.h"
#include "diag/render.h"
#include "driver/pipeline.h"
#include "memory/run_schedule.h"
#include "schedule/passes.h"
#include "support/files.h"
#include "unit/kernels/library.h"
#include "unit/own_programs.h"
#include "unit/schedule/schedules.h"

namespace tdc::driver {
namespace {

/// A chip that has room for everything and a scratchpad of `bytes` beside it, a matrix engine, and
/// a third memory to stream weights from.
chip::Chip chip_with_scratchpad(Bytes bytes) {
  chip::Chip chip = {.name = "board", .cores = 3};
  const LevelId near = chip.levels.push_back({.name = "near", .capacity = bytes});
  const LevelId far = chip.levels.push_back({.name = "far", .capacity = {int64_t{1} << 40}});
  chip.tensors = chip.constants = chip.image = far;
  chip.scratchpad = {.level = near, .transfer = 1, .bandwidth = 8, .load = 100};
  chip.engine = {.rows = 6, .columns = 8, .blocks = 8, .latency = 4, .job = 1, .launch = 1};
  const LevelId third = chip.levels.push_back({.name = "third", .capacity = {int64_t{1} << 40}});
  chip.stream = {.level = third, .transfer = 2, .bandwidth = 1};
  return chip;
}

/// For a chip. Nullopt if the program cannot be compiled: an op's example may take from the sample
/// what must not depend on it.
std::optional<PlannedSchedule> plan(const std::string& name, const std::string& text,
                                    const std::string& train, const chip::Chip& chip,
                                    const std::vector<std::string>& without) {
  SourceFiles files;
  const FileId file = files.add(name, text);
  Diagnostics diagnostics;
  Dump none;
  const std::optional<check::Program> program = check_program(
      files, file, {.train = train, .deploy = "host"}, DefaultDeploy::host, diagnostics, none);
  const std::optional<ir::Module> module =
      program ? make_module(*program, without, diagnostics, none) : std::nullopt;
  INFO(name, ", train `", train, "`\n", render(diagnostics, files));
  if (diagnostics.has_errors() && diagnostics.all().front().code == "operand-depends-on-sample")
    return std::nullopt;
  REQUIRE(module.has_value());
  return plan_module(*module, check::interface_of(*program), chip, without,
                     /*has_weight_file=*/true, none);
}

/// For the chip that has room for everything.
std::optional<PlannedSchedule> plan(const std::string& name, const std::string& text,
                                    const std::string& train, Bytes scratchpad,
                                    const std::vector<std::string>& without) {
  std::optional<PlannedSchedule> planned =
      plan(name, text, train, chip_with_scratchpad(scratchpad), without);
  if (planned) REQUIRE_FALSE(planned->not_fit);
  return planned;
}

using Results = std::map<std::string, std::vector<float>>;

enum class Numbers : uint8_t {
  ordinary,
  of_all_kinds,  ///< zeros of both signs, the smallest and largest, infinities and NaN among them
};

/// In some tensors many are zeros, in some any is possible.
std::vector<float> draw_of_all_kinds(test::Random& random, size_t count) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float kinds[] = {0.0F,       -0.0F,      -0x1p-149F,
                         0x1p-130F,  0x1.8p127F, -0x1.fp127F,
                         -kInfinity, kInfinity,  std::numeric_limits<float>::quiet_NaN()};
  const int64_t last = random.between(1, 8);
  const int64_t rarity = random.chance(30) ? 1 : random.chance(50) ? 20 : 700;
  std::vector<float> values(count);
  for (float& value : values)
    value = random.between(1, rarity) == 1
                ? kinds[random.between(0, rarity == 1 ? std::min<int64_t>(last, 2) : last)]
                : static_cast<float>(random.between(-4096, 4096)) / 512;
  return values;
}

void set_drawn(memory::ScheduleRun& run, const schedule::Schedule& schedule,
               schedule::BufferId buffer, int64_t classes, uint64_t seed, Numbers numbers) {
  test::Random random(seed);
  const ir::TensorType& type = schedule.buffers[buffer].type;
  const auto count = static_cast<size_t>(ir::element_count(type));
  if (type.dtype == ir::DType::i32) {
    std::vector<int32_t> values(count);
    for (int32_t& value : values)
      value = static_cast<int32_t>(random.between(0, std::max<int64_t>(classes, 1) - 1));
    run.set(buffer, values);
  } else if (numbers == Numbers::of_all_kinds) {
    run.set(buffer, draw_of_all_kinds(random, count));
  } else {
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(random.between(-64, 64)) / 512;
    run.set(buffer, values);
  }
}

/// Two calls of every entry point, one after another, from drawn weights and samples: every result,
/// and all variables at the end.
Results results_of(const PlannedSchedule& planned, Numbers numbers = Numbers::ordinary,
                   uint32_t cores = 3) {
  static const kernels::Library library;
  const schedule::Schedule& schedule = planned.schedule;
  memory::ScheduleRun run(schedule, planned.plan, {.kernels = &library, .cores = cores});
  for (const ir::VariableId id : schedule.variables.ids())
    if (schedule.variables[id].kind == ir::VariableKind::parameter)
      set_drawn(run, schedule, run.variable(id), 0, id.index + 1, numbers);
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
          set_drawn(run, schedule, argument.buffer, argument.classes, ++seed, numbers);
      }
      run.run(entry);
      for (const schedule::Argument& argument : entry.arguments)
        if (argument.is_output)
          results[entry.name + " " + argument.name + (call == 0 ? "" : " again")] =
              test::bits_of(run, schedule, argument.buffer);
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

void check_same(const Results& expected, const Results& found) {
  REQUIRE(found.size() == expected.size());
  for (const auto& [name, values] : expected) {
    INFO(name);
    CHECK(kernels::same_bits(found.at(name), values));
  }
}

/// Whether there was something to compare. Case by case the scratchpad has another size, from 256
/// bytes to 64 KiB.
bool check_case(const Case& each, size_t index) {
  const Bytes scratchpad = {int64_t{256} << 2 * ((test::turn() + index) % 5)};
  const std::string name = each.path.string(), text = read_file(name).value();
  const std::optional<PlannedSchedule> all = plan(name, text, each.train, scratchpad, {});
  if (!all) return false;
  const std::optional<PlannedSchedule> rest = plan(name, text, each.train, scratchpad, {each.pass});
  REQUIRE(rest.has_value());
  INFO(name, ", train `", each.train, "`, without ", each.pass);
  check_same(results_of(*all), results_of(*rest));
  return true;
}

void check_turn(const char* folder) {
  const std::vector<Case> cases = cases_in(folder);
  REQUIRE_FALSE(cases.empty());
  const char* turn = std::getenv("TDC_TURN");
  if (turn != nullptr && std::string(turn) == "all")
    for (size_t i = 0; i < cases.size(); ++i) check_case(cases[i], i);
  else
    check_case(cases[test::turn() % cases.size()], 0);
}

TEST_CASE("the examples have the same bits without any of the passes") {
  check_turn("examples");
}

TEST_CASE("the programs that are compared with JAX have the same bits without any of the passes") {
  check_turn("tests/diff");
}

TEST_CASE("the example of every op has the same bits without any of the passes") {
  int compared = 0;
  const std::vector<Case> cases = cases_in("tests/ops");
  for (size_t i = 0; i < cases.size(); ++i) compared += check_case(cases[i], i) ? 1 : 0;
  CHECK(compared >= 100);
}

/// Bytes of the weights in a level.
int64_t weight_bytes(const schedule::Schedule& schedule, LevelId level) {
  int64_t bytes = 0;
  for (const schedule::Buffer& buffer : schedule.buffers)
    if (!buffer.alias && buffer.level == level &&
        (buffer.kind == schedule::BufferKind::variable ||
         buffer.kind == schedule::BufferKind::constant))
      bytes += ir::byte_size(buffer.type).count;
  return bytes;
}

/// The program on a chip that lacks so many per cent of the bytes of all weights.
void check_streamed(const std::filesystem::path& path, const std::string& train, int64_t percent) {
  const std::string name = path.string(), text = read_file(name).value();
  chip::Chip chip = chip_with_scratchpad({32 << 10});
  const std::optional<PlannedSchedule> all = plan(name, text, train, chip, {});
  REQUIRE(all.has_value());
  chip.has_budget = true;
  const memory::LevelPlan& far = all->plan.levels[chip.tensors];
  CHECK(weight_bytes(all->schedule, chip.stream->level) == 0);
  chip.levels[chip.tensors].capacity = {far.need().count -
                                        weight_bytes(all->schedule, chip.tensors) * percent / 100};
  const std::optional<PlannedSchedule> rest = plan(name, text, train, chip, {});
  REQUIRE(rest.has_value());
  INFO(name, ", train `", train, "`, ", percent, " %");
  CHECK(schedule::unreachable_weights(rest->schedule, chip).empty());
  CHECK((rest->not_fit || weight_bytes(rest->schedule, chip.stream->level) > 0));
  check_same(results_of(*all), results_of(*rest));
}

TEST_CASE("weights that do not fit are streamed with the same bits") {
  const auto check_turns = [](const char* folder, size_t one_of) {
    size_t index = 0;
    for (const std::filesystem::path& path : test::programs_in(folder))
      for (const std::string& train : test::trains_of(read_file(path.string()).value()))
        if ((test::turn() + index++) % one_of == 0)
          check_streamed(path, train, static_cast<int64_t>((test::turn() + index) % 4) * 30 + 9);
    CHECK(index >= one_of);
  };
  check_turns("tests/diff", 5);
  check_turns("examples", 8);
}

/// Reductions of x over random axes and losses, in batches of few samples or of many.
std::string random_reductions(uint64_t seed) {
  test::Random random(seed);
  std::vector<int64_t> dims;
  for (int64_t rank = random.between(1, 4); rank > 0; --rank)
    dims.push_back(random.chance(50) ? random.between(1, 4) : random.between(5, 40));
  if (random.chance(70)) dims[static_cast<size_t>(random.between(0, std::ssize(dims) - 1))] *= 16;
  const int64_t batch = random.chance(10) ? random.between(256, 300) : random.between(1, 4);
  for (int64_t& extent : dims)
    while (ir::element_count(dims) > 8000 / batch && extent > 1) extent = (extent + 1) / 2;
  std::vector<std::string> calls, types;
  for (const char* op : {"sum", "mean", "max", "min"}) {
    std::vector<int64_t> axes, kept;
    for (int64_t axis = 0; axis < std::ssize(dims); ++axis)
      if (random.chance(70) || (axes.empty() && axis + 1 == std::ssize(dims)))
        axes.push_back(axis);
      else
        kept.push_back(dims[static_cast<size_t>(axis)]);
    calls.push_back(fmt::format("{}(x, axis: [{}])", op, fmt::join(axes, ", ")));
    types.push_back(fmt::format("f32[{}]", fmt::join(kept, ", ")));
  }
  const std::string x = fmt::format("f32[{}]", fmt::join(dims, ", "));
  const int64_t rows = random.between(1, random.chance(50) ? 3 : 60);
  const int64_t classes = random.between(1, batch > 4 ? 9 : random.chance(50) ? 900 : 50);
  return fmt::format(
      "tdl 1\n"
      "net R(x: {0}, t: {0}, u: f32[{1}, {2}], label: class({2})[{1}])\n"
      "    -> y: {0}, logits: f32[{1}, {2}], a: {3}, b: {4}, c: {5}, s: {10},\n"
      "       d: f32[], e: f32[] {{\n"
      "  param w: {0} = ones\n"
      "  param v: f32[{2}] = ones\n"
      "  return x * w, u * v, {6}, {7}, {8}, {11}, mse(x, t), accuracy(u, label)\n"
      "}}\n"
      "train distance of R {{ target g: {0}  loss mse(y, g)  optimizer sgd(lr: 0.5)\n"
      "  freeze v  batch {9} }}\n"
      "train choice of R {{ target l: class({2})[{1}]  loss cross_entropy(logits, l)\n"
      "  metric accuracy(logits, l)  optimizer sgd(lr: 0.5)\n"
      "  freeze w  batch {9} }}\n",
      x, rows, classes, types[0], types[1], types[2], calls[0], calls[1], calls[2], batch, types[3],
      calls[3]);
}

/// Of all entry points: what is launched, in however many pieces.
size_t count_nodes(const schedule::Schedule& schedule) {
  size_t count = 0;
  for (const schedule::EntryPoint& entry : schedule.entry_points) {
    std::set<ir::NodeId> nodes;
    for (const schedule::Step& step : entry.steps)
      if (const auto* launch = std::get_if<schedule::Launch>(&step)) nodes.insert(launch->from);
    count += nodes.size();
  }
  return count;
}

TEST_CASE("random reductions and losses have the same bits when cores share one of them") {
#ifdef TDC_SANITIZED
  constexpr uint64_t kPrograms = 80;  // what they run is the same code again and again
#else
  constexpr uint64_t kPrograms = 400;
#endif
  size_t spread = 0;
  for (uint64_t seed = 1; seed <= kPrograms; ++seed) {
    const std::string text = random_reductions(seed);
    CAPTURE(text);
    const std::string train = seed % 2 == 0 ? "distance" : "choice";
    const Bytes scratchpad = {int64_t{256} << 2 * (seed % 5)};
    const std::optional<PlannedSchedule> all = plan("random", text, train, scratchpad, {});
    const std::optional<PlannedSchedule> rest = plan("random", text, train, scratchpad, {"spread"});
    REQUIRE((all && rest));
    spread += count_nodes(all->schedule) - count_nodes(rest->schedule);
    check_same(results_of(*rest, Numbers::of_all_kinds, 1),
               results_of(*all, Numbers::of_all_kinds, 1 + static_cast<uint32_t>(seed % 9)));
  }
  CHECK(spread * 2 >= kPrograms * 7);
}

}  // namespace
}  // namespace tdc::driver
