#include "unit/schedule/recurrences.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "diag/render.h"
#include "memory/run_schedule.h"
#include "unit/memory/arena_painting.h"
#include "unit/schedule/schedules.h"

namespace tdc::test {
namespace {

std::vector<std::vector<float>> results_of(const driver::Planned& planned) {
  memory::ScheduleRun run(planned.schedule, planned.plan);
  return run_all(run, planned.schedule, 5);
}

}  // namespace

driver::Planned plan_recurrence(const std::string& text, const std::string& train,
                                const std::vector<std::string>& without) {
  SourceFiles files;
  const FileId file = files.add("recurrence.td", text);
  Diagnostics diagnostics;
  driver::Dump none;
  const driver::CompileOptions options = {.train = train, .without = without};
  std::optional<driver::Planned> planned = driver::plan_program(
      files, file, options, driver::DefaultDeploy::first_of_file, diagnostics, none);
  REQUIRE_MESSAGE(planned.has_value(), text, render(diagnostics, files));
  REQUIRE_FALSE(planned->not_fit);
  return *std::move(planned);
}

bool have_same_results(const driver::Planned& a, const driver::Planned& b) {
  const auto x = results_of(a), y = results_of(b);
  if (x.size() != y.size()) return false;
  for (size_t i = 0; i < x.size(); ++i)
    if (x[i].size() != y[i].size() ||
        std::memcmp(x[i].data(), y[i].data(), x[i].size() * sizeof(float)) != 0)
      return false;
  return true;
}

std::string complaints_about(const driver::Planned& planned, uint64_t seed) {
  return fmt::format("{}", fmt::join(paint_arenas(planned.schedule, planned.plan, seed), "\n"));
}

std::string random_recurrence(uint64_t seed) {
  Random random(seed);
  const auto operand = [&] {
    const char* all[] = {"h", "g", "x[t]", "x[0]", "u", "v", "(h * u)", "(g + x[t])"};
    return std::string(all[random.between(0, 7)]);
  };
  std::string body;
  for (int64_t i = random.between(1, 4); i > 0; --i) {
    const char* target = random.chance(60) ? "h" : "g";
    const char* ops[] = {"+", "*", "-"};
    const char* functions[] = {"tanh", "sigmoid"};
    body += fmt::format("    {} = {}({} {} {})\n", target, functions[random.between(0, 1)],
                        operand(), ops[random.between(0, 2)], operand());
  }
  // Whatever the others are, this one needs the turn before.
  body += random.chance(30) ? "    k = tanh(k @ m + g + h)\n" : "    k = tanh(k * u + g * h)\n";
  if (random.chance(20)) body += "    if t > 1 { g = g + h }\n";
  const int64_t begin = random.between(0, 2);
  return fmt::format(
      "tdl 1\nnet R(x: f32[9, 4]) -> y: f32[4] {{\n"
      "  param u: f32[4] = ones\n  param v: f32[4] = ones\n  param m: f32[4, 4] = uniform(0.5)\n"
      "  h = x[0]\n  g = x[1] * u\n  k = x[2]\n"
      "  repeat t in {}..9 {{\n{}  }}\n  return {} + v + u @ m\n}}\n"
      "train t of R {{\n  target z: f32[4]\n  loss mse(y, z)\n  optimizer sgd(lr: 0.1)\n"
      "  batch {}\n  accumulate {}\n}}\n",
      begin, body, random.chance(50) ? "h + k" : "k * g", random.between(1, 3),
      random.between(1, 2));
}

}  // namespace tdc::test
