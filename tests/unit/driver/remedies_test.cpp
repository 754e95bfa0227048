// What the message of a plan that does not fit proposes, tried: the lines are written into the
// program's text as a user would write them, without the block that the search adds, and the
// changed program must take exactly what was said.

#include "driver/remedies.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <regex>

#include "diag/render.h"
#include "driver/pipeline.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

using Lines = std::vector<std::string>;

struct Case {
  std::string text;
  std::string train;
  CompileOptions options() const { return {.train = train}; }
};

/// What the whole compiler makes of the program up to its plan.
Planned planned(const Case& program) {
  SourceFiles files;
  Diagnostics diagnostics;
  Dump none;
  const FileId file = files.add("net.td", program.text);
  std::optional<Planned> result =
      plan_program(files, file, program.options(), DefaultDeploy::first_of_file, diagnostics, none);
  INFO(render(diagnostics, files), program.text);
  REQUIRE(result.has_value());
  return *std::move(result);
}

std::vector<Remedy> remedies(const Case& program) {
  const Planned plan = planned(program);
  REQUIRE(plan.not_fit.has_value());
  SourceFiles files;
  const FileId file = files.add("net.td", program.text);
  return find_remedies(files, file, program.options(), plan.program, *plan.not_fit);
}

/// The program with the lines in its block: `batch` in place of the block's own, others at its end.
Case changed(Case program, const Remedy& remedy) {
  const size_t head = program.text.find(fmt::format("train {} ", program.train));
  REQUIRE(head != std::string::npos);
  const size_t end = program.text.find("\n}", head);
  REQUIRE(end != std::string::npos);
  std::string block = program.text.substr(head, end - head);
  for (const std::string& line : remedy.lines) {
    if (line.starts_with("batch "))
      block = std::regex_replace(block, std::regex("\n +batch [^\n]*"), "");
    block += "\n  " + line;
  }
  program.text.replace(head, end - head, block);
  return program;
}

/// Of each remedy: the changed program fits, or lacks what was said, and takes what was said.
void try_out(const Case& program, const std::vector<Remedy>& found) {
  const Planned before = planned(program);
  for (const Remedy& remedy : found) {
    INFO(fmt::format("{}", fmt::join(remedy.lines, " ")));
    const Planned after = planned(changed(program, remedy));
    CHECK(after.not_fit.has_value() == (remedy.shortfall.count > 0));
    Bytes shortfall;
    if (after.not_fit)
      for (const memory::Overflow& overflow : after.not_fit->overflows)
        shortfall += overflow.shortfall;
    CHECK(remedy.shortfall == shortfall);
    std::vector<std::pair<std::string, Bytes>> needs;
    for (const memory::Overflow& overflow : before.not_fit->overflows)
      needs.emplace_back(overflow.level_name, after.plan.levels[overflow.level].need());
    CHECK(remedy.needs == needs);
  }
}

Lines lines(const std::vector<Remedy>& found) {
  Lines result;
  for (const Remedy& remedy : found)
    result.push_back(fmt::format("{}", fmt::join(remedy.lines, " and ")));
  return result;
}

/// Four layers in `repeat`, one before them, one behind.
Case dense(const std::string& clauses, const std::string& budget) {
  return {.text = fmt::format(R"(tdl 1
use std.nn
use std.chips
net N(x: f32[64]) -> y: f32[10] {{
  h = x |> Linear(64) as first |> relu
  repeat i in 0..4 {{
    h = h |> Linear(64) as blocks[i] |> relu
  }}
  return h |> Linear(10) as head
}}
train t of N {{
  target     label: class(10)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  {}
}}
deploy small on mcu_256k {{ budget RAM <= {} }}
)",
                              clauses, budget),
          .train = "t"};
}

/// The bytes by which the program with these lines is too large; 0: it fits.
int64_t shortfall(const Case& program, const Lines& lines) {
  const Planned plan = planned(changed(program, {.lines = lines}));
  int64_t bytes = 0;
  if (plan.not_fit)
    for (const memory::Overflow& overflow : plan.not_fit->overflows)
      bytes += overflow.shortfall.count;
  return bytes;
}

/// The remedy with that effect; null: there is none.
const Remedy* with_effect(const std::vector<Remedy>& found, Remedy::Effect effect) {
  const auto remedy = std::find_if(found.begin(), found.end(),
                                   [&](const Remedy& each) { return each.effect == effect; });
  return remedy == found.end() ? nullptr : &*remedy;
}

// The ways to freeze the lowest layers of `dense`, as one would write them.
const Lines kFrozen = {"freeze first.*", "freeze first.*, blocks.0.**",
                       "freeze first.*, blocks[0..2].**", "freeze first.*, blocks[0..3].**",
                       "freeze **, !head.*"};

TEST_CASE("remedies: the largest batch of as many samples that fits") {
  const Case program = dense("batch 96", "220 KiB");
  const std::vector<Remedy> found = remedies(program);
  try_out(program, found);
  Lines expected;
  for (const int64_t batch : {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48}) {
    const Lines lines = {fmt::format("batch {} accumulate {}", batch, 96 / batch)};
    if (shortfall(program, lines) == 0) expected = lines;
  }
  REQUIRE(!expected.empty());
  REQUIRE(!found.empty());
  CHECK(found[0].effect == Remedy::Effect::same_weights);
  CHECK(found[0].lines == expected);
  CHECK(found[0].samples == 96);
  // The others: what is trained changes, so they come after it.
  CHECK(with_effect(found, Remedy::Effect::sooner_updates) == nullptr);
  for (size_t i = 1; i < found.size(); ++i) CHECK(found[i].effect == Remedy::Effect::trains_less);
}

TEST_CASE("remedies: a smaller batch changes what statistics are taken over, and is never one") {
  Case program = dense("batch 96", "220 KiB");
  const std::string layer = "Linear(64) as first |> relu";
  program.text.replace(program.text.find(layer), layer.size(),
                       "Linear(64) as first |> BatchNorm as norm");
  const std::vector<Remedy> found = remedies(program);
  try_out(program, found);
  REQUIRE(!found.empty());
  CHECK(found[0].effect == Remedy::Effect::other_batches);
  CHECK(found[0].batch < 96);
  CHECK(found[0].samples == 96);
  CHECK(with_effect(found, Remedy::Effect::same_weights) == nullptr);

  // Here too little is left for any batch, and one sample would be no batch.
  program.text.replace(program.text.find("220 KiB"), 7, "60 KiB");
  const std::vector<Remedy> others = remedies(program);
  try_out(program, others);
  for (const Remedy& remedy : others) CHECK(remedy.batch > 1);
}

TEST_CASE("remedies: without sums between calls, of as many samples or of fewer") {
  // Four samples at once need less than the sums of all gradients.
  const Case at_once = dense("batch 1 accumulate 4", "170 KiB");
  const std::vector<Remedy> found = remedies(at_once);
  try_out(at_once, found);
  REQUIRE(!found.empty());
  CHECK(found[0].lines == Lines{"batch 4"});
  CHECK(found[0].effect == Remedy::Effect::same_weights);

  // A thousand do not.
  const Case sooner = dense("batch 1 accumulate 1000", "170 KiB");
  const std::vector<Remedy> others = remedies(sooner);
  try_out(sooner, others);
  REQUIRE(!others.empty());
  CHECK(others[0].lines == Lines{"batch 1"});
  CHECK(others[0].effect == Remedy::Effect::sooner_updates);
  CHECK(others[0].samples == 1);
}

TEST_CASE("remedies: as few of the lowest layers frozen as fit") {
  for (const char* budget : {"100 KiB", "80 KiB", "60 KiB"}) {
    CAPTURE(budget);
    const Case program = dense("batch 1", budget);
    const std::vector<Remedy> found = remedies(program);
    try_out(program, found);
    const auto fits = std::find_if(kFrozen.begin(), kFrozen.end(), [&](const std::string& line) {
      return shortfall(program, {line}) == 0;
    });
    REQUIRE(fits != kFrozen.end());
    CHECK(std::ranges::count(lines(found), *fits) == 1);
    CHECK(with_effect(found, Remedy::Effect::same_weights) == nullptr);
    // Adapters train fewer parameters than a few whole layers, and more than the head.
    for (size_t i = 1; i < found.size(); ++i) CHECK(found[i - 1].trained >= found[i].trained);
    CHECK(std::ranges::count(lines(found), "freeze ** and lora ** rank 4") == 1);
  }
}

TEST_CASE("remedies: what neither a batch nor freezing solves, both may") {
  const Case program = dense("batch 64", "60 KiB");
  const std::vector<Remedy> found = remedies(program);
  try_out(program, found);
  CHECK(shortfall(program, {"batch 1 accumulate 64"}) > 0);
  for (const std::string& line : kFrozen) CHECK(shortfall(program, {line}) > 0);
  REQUIRE(!found.empty());
  for (const Remedy& remedy : found) {
    REQUIRE(remedy.lines.size() > 1);
    CHECK(remedy.samples == 64);
    // With the largest batch that fits.
    const int64_t batch = std::stoll(remedy.lines[0].substr(std::string("batch ").size()));
    Lines larger = remedy.lines;
    larger[0] = fmt::format("batch {} accumulate {}", 2 * batch, 32 / batch);
    CHECK(shortfall(program, larger) > 0);
  }
}

TEST_CASE("remedies: if nothing is enough, the nearest with what is still missing") {
  const Case program = dense("batch 2", "17 KiB");
  const std::vector<Remedy> found = remedies(program);
  try_out(program, found);
  REQUIRE(found.size() == 1);
  CHECK(found[0].shortfall.count > 0);
  CHECK(found[0].shortfall.count < shortfall(program, {}));
  for (const std::string& line : kFrozen) {
    CHECK(shortfall(program, {line}) >= found[0].shortfall.count);
    CHECK(shortfall(program, {"batch 1 accumulate 2", line}) >= found[0].shortfall.count);
  }
}

TEST_CASE("remedies: what the block freezes, adapts or asserts stays so") {
  const Case frozen = dense("batch 1\n  freeze first.*, blocks[0..3].**", "36 KiB");
  std::vector<Remedy> found = remedies(frozen);
  try_out(frozen, found);
  CHECK(lines(found) == Lines{"freeze ** and lora blocks.3.**, head rank 4", "freeze blocks.3.**"});

  const Case adapted = dense("batch 1\n  freeze **\n  lora ** rank 8", "34 KiB");
  found = remedies(adapted);
  try_out(adapted, found);
  REQUIRE(found.size() == 1);  // no second adapters
  CHECK(std::ranges::count(kFrozen, lines(found)[0]) == 1);

  // 64 * 64 + 64 for five layers, 64 * 10 + 10.
  const Case asserted = dense("batch 8\n  assert params(trainable) == 21450", "100 KiB");
  found = remedies(asserted);
  try_out(asserted, found);
  CHECK(lines(found) == Lines{"batch 1"});  // the nearest
  CHECK(found[0].shortfall.count > 0);
}

TEST_CASE("remedies: none for a net that is not trained, and the message has them") {
  const Case untrained = {.text = R"(tdl 1
use std.nn
use std.chips
net N(x: f32[1000]) -> y: f32[1000] { return Linear(x, 1000) as a }
deploy small on mcu_256k { budget RAM <= 20 KiB }
)",
                          .train = {}};
  CHECK(remedies(untrained).empty());

  const Case program = dense("batch 96", "220 KiB");
  const std::vector<Remedy> found = remedies(program);
  SourceFiles files;
  const FileId file = files.add("net.td", program.text);
  Diagnostics diagnostics;
  Dump none;
  CHECK(!compile(files, file, program.options(), DefaultDeploy::first_of_file, diagnostics, none));
  REQUIRE(diagnostics.all().size() == 1);
  const std::string text = render(diagnostics, files);
  const std::string note = fmt::format(
      "net.td:11:1: note: with `{}` it takes {} in `RAM`, for the same bits of all weights\n",
      found.at(0).lines.at(0), to_text(found.at(0).needs.at(0).second));
  CHECK_MESSAGE(text.find(note) != std::string::npos, text);
}

#ifndef TDC_SANITIZED  // plans of the transformer, which its damaged versions make there, too
TEST_CASE("remedies: a transformer's, on a chip with three memories") {
  const Case program = {
      .text = read_file(std::string(TDC_SOURCE_DIR) + "/examples/cct/cct.td").value(),
      .train = "full"};
  const std::vector<Remedy> found = remedies(program);
  CHECK(!found.empty());
  try_out(program, found);
}
#endif

}  // namespace
}  // namespace tdc::driver
