// The strategies of the manual's example: work counted by hand from the sizes of the net, memory
// against the ideal of TrainDeeploy (arXiv 2603.09511) with updates at once and in place.

#include "driver/strategy_table.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <iterator>
#include <map>
#include <sstream>

#include "driver/pipeline.h"
#include "driver/report.h"
#include "memory/report.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

// The sizes of CCT-2/3x2 for 3x32x32 images.
constexpr int64_t kTokens = 64;
constexpr int64_t kWidth = 128;
constexpr int64_t kHeads = 2;
constexpr int64_t kClasses = 10;
constexpr int64_t kRank = 4;
constexpr int64_t kMatrix = kTokens * kWidth;  // elements of an activation

/// A matrix product [m, k] @ [k, n]: a multiplication and an addition for each term.
constexpr int64_t product(int64_t m, int64_t k, int64_t n) {
  return 2 * m * k * n;
}

/// A 3x3 convolution with padding 1 over size x size: terms with padding are not counted.
constexpr int64_t convolution(int64_t size, int64_t channels_in, int64_t channels_out) {
  const int64_t taps = 3 * size - 2;  // of one row or column, over all places
  return 2 * taps * taps * channels_in * channels_out;
}

constexpr int64_t kLinear = product(kTokens, kWidth, kWidth);
/// One of the products with scores or values, all heads together.
constexpr int64_t kAttention = kHeads * product(kTokens, kWidth / kHeads, kTokens);
constexpr int64_t kScores = kHeads * kTokens * kTokens;

constexpr int64_t forward_flop() {
  const int64_t tokenizer = convolution(32, 3, 64) + 64 * 32 * 32 + 64 * 16 * 16 +  // relu, pooling
                            convolution(16, 64, 128) + 128 * 16 * 16 + kMatrix;
  // pre_norm, norm1, two residuals, the biases of proj, fc1, fc2, and GELU; scale and softmax.
  const int64_t block = 6 * kLinear + 2 * kAttention + 8 * kMatrix + 2 * kScores;
  // The norm; scores with their bias, softmax, the weighted mean; the head; cross entropy and mean.
  const int64_t end = kMatrix + product(kTokens, kWidth, 1) + 2 * kTokens +
                      product(1, kTokens, kWidth) + product(1, kWidth, kClasses) + kClasses + 2;
  return tokenizer + kMatrix + 2 * block + end;
}

/// The gradients of logits, head.weight and head.bias.
constexpr int64_t kHeadBackward = kClasses + product(kClasses, 1, kWidth) + kClasses;
/// From there to the output of block 1: through the head, the weighted mean and its weights (twice
/// into x, added), pool.weight and pool.bias, and the norm, whose row statistics are built again.
constexpr int64_t kPoolBackward = product(1, kClasses, kWidth) + product(kTokens, kWidth, 1) +
                                  product(kTokens, 1, kWidth) + kTokens +
                                  product(1, kTokens, kWidth) + 1 + product(kTokens, 1, kWidth) +
                                  kMatrix + kMatrix + 2 * kTokens;

/// Through fc2, GELU, fc1, the residual, norm1, proj and the attention to q, k, v, without the
/// gradients of weights.
constexpr int64_t kBlockBackward =
    3 * kLinear + kMatrix + kMatrix + kMatrix + 2 * kTokens + 4 * kAttention + 2 * kScores;
/// On to the block's input: three products, added; pre_norm; the residual.
constexpr int64_t kToInput = 3 * kLinear + 2 * kMatrix + kMatrix + 2 * kTokens + kMatrix;

/// Adapters: x A' and its product with B', added to the matrix's result.
constexpr int64_t kAdapterForward =
    product(kTokens, kWidth, kRank) + product(kTokens, kRank, kWidth) + kMatrix;
/// The gradients of B, of x A', of A; and of x, added to that through the matrix.
constexpr int64_t kAdapterWeights = product(kWidth, kTokens, kRank) +
                                    product(kTokens, kWidth, kRank) +
                                    product(kRank, kTokens, kWidth);
constexpr int64_t kAdapterInput = product(kTokens, kRank, kWidth) + kMatrix;

struct Expected {
  int64_t forward, backward, trained;
  int64_t peak_kib;  // TrainDeeploy's ideal, rounded up
};

const std::map<std::string, Expected>& expected() {
  static const int64_t to_block_0 = kHeadBackward + kPoolBackward + kBlockBackward + kToInput;
  static const std::map<std::string, Expected> all = {
      {"lp", {forward_flop(), kHeadBackward, 1'290, 321}},
      {"ft1",
       {forward_flop(), kHeadBackward + kPoolBackward + kBlockBackward + 6 * kLinear, 99'723, 417}},
      {"ft2", {forward_flop(), to_block_0 + kBlockBackward + 12 * kLinear, 198'027, 769}},
      {"lora1",
       {forward_flop() + 6 * kAdapterForward,
        kHeadBackward + kPoolBackward + kBlockBackward + 6 * kAdapterWeights + 3 * kAdapterInput,
        7'563, 423}},
      {"lora2",
       {forward_flop() + 12 * kAdapterForward,
        to_block_0 + kBlockBackward + 12 * kAdapterWeights + 9 * kAdapterInput, 13'707, 781}}};
  return all;
}

std::string source(const std::string& path) {
  return read_file(std::string(TDC_SOURCE_DIR) + "/" + path).value();
}

Planned planned(const std::string& text, const std::string& train) {
  SourceFiles files;
  Diagnostics diagnostics;
  Dump none;
  CompileOptions options;
  options.train = train;
  const FileId file = files.add("cct.td", text);
  std::optional<Planned> result =
      plan_program(files, file, options, DefaultDeploy::first_of_file, diagnostics, none);
  REQUIRE(result.has_value());
  return *std::move(result);
}

memory::LevelReport l2_of(const Planned& planned) {
  const chip::Chip& chip = planned.program.deployment.chip;
  const memory::LevelReport level =
      memory::report_memory(planned.schedule, chip, planned.plan).levels.at(chip.tensors.index);
  REQUIRE(level.name == "L2");
  return level;
}

TEST_CASE("strategies: work as counted by hand") {
  const std::string text = source("examples/cct/cct.td");
  for (const auto& [name, numbers] : expected()) {
    CAPTURE(name);
    const Planned plan = planned(text, name);
    const Work work = work_of(plan.schedule, ir::GraphKind::train_step);
    CHECK(work.forward == numbers.forward);
    CHECK(work.backward == numbers.backward);
    CHECK(work.update == numbers.trained);  // one element of the update's result each
    CHECK(count_parameters(plan.schedule.variables).trained == numbers.trained);
  }
}

TEST_CASE("strategies: no more memory than the reference's ideal, at its lower bound") {
  const std::string text = source("examples/cct/cct.td");
  for (const auto& [name, numbers] : expected()) {
    CAPTURE(name);
    const Planned plan = planned(text, name);
    CHECK(plan.program.training->batch == 1);
    CHECK(plan.program.training->accumulate == 1);
    CHECK_FALSE(plan.not_fit.has_value());
    const memory::LevelReport l2 = l2_of(plan);
    CHECK((l2.peak - l2.variables).count <= numbers.peak_kib * 1024);
    CHECK(l2.peak == l2.max_live);
    // Weights, what is live, code, constants, and the input of 3x32x32 floats and a label.
    CHECK(l2.need.count <= 2 * 1024 * 1024);
    // Frozen weights and both blocks' saved values leave too little for what adapters add.
    const memory::MemoryReport report =
        memory::report_memory(plan.schedule, plan.interface.chip, plan.plan);
    CHECK((report.levels.at(2).beside.frozen.count > 0) == (name == "lora2"));
  }
}

TEST_CASE("strategies: the manual's lora2 keeps the sums of 13,707 gradients between calls") {
  const std::string text = source("tests/golden/check/manual_example.td");
  const std::string clause = "batch      1 accumulate 8";
  const size_t at = text.find(clause);
  REQUIRE(at != std::string::npos);
  std::string at_once = text;
  at_once.replace(at, clause.size(), "batch 1 accumulate 1");
  const memory::LevelReport each = l2_of(planned(at_once, "lora2"));
  CHECK((each.peak - each.variables).count <= 781 * 1024);
  const memory::LevelReport sums = l2_of(planned(text, "lora2"));
  // Alignment of 26 adapters and four other tensors to 16 bytes at most.
  const int64_t more = (sums.variables - each.variables).count;
  CHECK(more >= 4 * 13'707);
  CHECK(more <= 4 * 13'707 + 30 * 16);
}

TEST_CASE("strategies: the file is checked once, as `report` checks it") {
  const auto table = [](const std::string& more) {
    SourceFiles files;
    Diagnostics diagnostics;
    const FileId file = files.add("t.td",
                                  "let spare = 1\n"
                                  "block B(x: f32[n]) -> f32[n] {\n"
                                  "  param w: f32[n] = ones\n  return x * w\n}\n"
                                  "net N(x: f32[4]) -> y: f32[4] { return B(x) as b }\n"
                                  "train s of N { loss mean(y) optimizer sgd(lr: 0.1) }\n"
                                  "train t extends s { batch 2 }\n" +
                                      more);
    const std::optional<std::string> text = strategy_table(files, file, {}, diagnostics);
    std::vector<std::string> said = {text ? "rows" : "none"};
    for (const Diagnostic& each : diagnostics.sorted()) said.push_back(each.code);
    return said;
  };
  CHECK(table("") == std::vector<std::string>{"rows", "unused-binding"});
  CHECK(table("train u extends t { batch 0 }") == std::vector<std::string>{"none", "whole-number"});
  CHECK(table("weights from \"nowhere.npz\"")[0] == "none");
}

#ifndef TDC_SANITIZED  // all ten plans of the transformer; the tests above make five of them
/// The words of the table's line that starts with `name`.
std::vector<std::string> words_of(const std::string& table, const std::string& name) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> result{std::istream_iterator<std::string>(words), {}};
    if (!result.empty() && result[0] == name) return result;
  }
  return {};
}

TEST_CASE("strategies: the table says so") {
  SourceFiles files;
  Diagnostics diagnostics;
  const FileId file = files.add("cct.td", source("examples/cct/cct.td"));
  const std::optional<std::string> table = strategy_table(files, file, {}, diagnostics);
  REQUIRE(table.has_value());
  CHECK(
      table->starts_with("deploy `cluster` on pulp_cluster; MFLOP of one train step; KiB beyond "
                         "weights and input, and its lower bound\n"));
  CHECK(words_of(*table, "train") ==
        std::vector<std::string>{"train", "parameters", "trained", "forward", "backward", "update",
                                 "L1", "peak", "bound", "L2", "peak", "bound"});
  // 128 KiB without 25 KiB of stacks and constants of code; 2 MiB without 128 KiB of code, 13.6 KiB
  // of constants, weights of 283,723 floats (296,011 with adapters), 768.5 or 780.5 KiB and the
  // input of 12 KiB.
  CHECK(words_of(*table, "ft2") ==
        std::vector<std::string>{"ft2", "283723", "198027", "67.8", "52.6", "0.20", "102.0", "102.0",
                                 "768.5", "768.5", "17.4", "KiB", "left", "in", "L2"});
  // What does not fit says so in its place, not as an error would.
  const size_t full = table->find("\nfull ");
  const Bytes shortfall =
      planned(source("examples/cct/cct.td"), "full").not_fit->overflows.at(0).shortfall;
  CHECK(table->substr(full, table->find('\n', full + 1) - full)
            .ends_with(fmt::format("  does not fit `pulp_cluster`: needs {} more L2",
                                   to_text(shortfall))));
  // Block 1's saved values wait there while block 0 is differentiated.
  const size_t peak = table->find("ft2: most is live in L2 while train_step runs `");
  REQUIRE(peak != std::string::npos);
  CHECK(table->find("; beside 773.5 KiB of variables\n", peak) != std::string::npos);
}
#endif

}  // namespace
}  // namespace tdc::driver
