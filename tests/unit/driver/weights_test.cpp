#include "driver/weights.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <ctime>
#include <fstream>
#include <limits>
#include <tuple>

#include "../check/check_source.h"
#include "../temporary_folder.h"
#include "driver/initial_values.h"
#include "driver/run.h"
#include "io/load.h"
#include "support/files.h"

namespace tdc::driver {
namespace {

// One matrix is stored [out, in] (`Linear`), the other, which is square, [in, out].
constexpr const char* kProgram = R"(tdl 1

use std.nn

block Dense(x: f32[n], out: dim) -> f32[out] {
  param w: f32[n, out] = kaiming_uniform(fan_in: n)
  return x @ w
}

net Small(x: f32[6]) -> logits: f32[3] {
  return x |> Linear(5) as fc1 |> tanh |> Dense(5) as fc2 |> tanh |> Linear(3) as fc3
}

train plain of Small {
  target     label: class(3)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.5)
}

train adapted extends plain {
  freeze     **
  lora       fc1, fc2 rank 2 alpha 3
}
)";

/// Numbers without a pattern, below `bound` in magnitude; `seed` shifts them.
std::vector<float> numbers(int64_t count, double bound, double seed) {
  std::vector<float> result;
  for (int64_t i = 0; i < count; ++i)
    result.push_back(static_cast<float>(bound * std::sin(seed + 12.9898 * static_cast<double>(i))));
  return result;
}

io::Array array(std::string name, std::vector<int64_t> dims, double seed) {
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  return io::make_array(std::move(name), std::move(dims), numbers(count, 0.6, seed));
}

std::vector<io::Array> plain_weights() {
  return {array("fc1.weight", {5, 6}, 1), array("fc1.bias", {5}, 2), array("fc2.w", {5, 5}, 3),
          array("fc3.weight", {3, 5}, 4), array("fc3.bias", {3}, 5)};
}

std::vector<io::Array> adapted_weights() {
  std::vector<io::Array> weights = plain_weights();
  weights.push_back(array("fc1.lora_a", {2, 6}, 6));
  weights.push_back(array("fc1.lora_b", {5, 2}, 7));
  weights.push_back(array("fc2.lora_a", {2, 5}, 8));
  weights.push_back(array("fc2.lora_b", {5, 2}, 9));
  return weights;
}

void save(const std::string& path, const std::vector<io::Array>& arrays) {
  REQUIRE(io::save_weights(path, arrays).ok());
}

std::vector<io::Array> load(const std::string& path) {
  Result<io::ArrayFile> file = io::load_weights(path);
  REQUIRE_MESSAGE(file.ok(), path);
  return std::move(file.value().arrays);
}

/// A folder with a program, `small.td`, and four samples for `kProgram` in `data.npz`.
struct Work {
  TemporaryFolder folder;

  explicit Work(const std::string& program = kProgram) {
    REQUIRE(write_file_atomically(folder / "small.td", program).ok());
    save(folder / "data.npz",
         {array("x", {4, 6}, 10), io::make_array("label", {4}, std::vector<int32_t>{2, 0, 1, 2})});
  }

  [[nodiscard]] RunCommand run_command(const std::string& train, const std::string& weights) const {
    return {.compile = {.file = folder / "small.td", .train = train, .weights = folder / weights},
            .target = "host",
            .data = folder / "data.npz"};
  }

  /// The results of the generated C on the host.
  [[nodiscard]] std::vector<float> logits(const std::string& train,
                                          const std::string& weights) const {
    RunCommand command = run_command(train, weights);
    command.mode = RunCommand::Mode::infer;
    command.save = folder / "logits.npz";
    REQUIRE(run(command) == 0);
    return io::to_f32(load(command.save).at(0));
  }

  /// The file of losses after one update.
  [[nodiscard]] std::string first_loss(const std::string& train, const std::string& weights) const {
    RunCommand command = run_command(train, weights);
    command.steps = 1;
    command.losses = folder / "losses.csv";
    REQUIRE(run(command) == 0);
    return read_file(command.losses).value();
  }

  [[nodiscard]] int merge(const std::string& train, const std::string& weights,
                          const std::string& save) const {
    return merge_weights(
        {.compile = {.file = folder / "small.td", .train = train, .weights = folder / weights},
         .save = folder / save});
  }
};

/// What is said about a weight file for `train plain`.
std::string messages_about(const std::string& path) {
  check::Checked checked = check::check_source(kProgram, {.train = "plain"});
  REQUIRE(checked.program.has_value());
  const auto values = make_initial_values(checked.program->module.variables, *checked.program,
                                          {.weights = path}, "test.td", checked.diagnostics);
  CHECK(values.has_value() == (checked.messages().find("error") == std::string::npos));
  return checked.messages();
}

/// The bytes of a safetensors file, written by hand: what `safetensors.torch.save_file` gives for
/// these tensors, names in alphabetical order and the format among the metadata.
std::string foreign_safetensors(const std::vector<io::Array>& arrays) {
  std::string header = R"({"__metadata__":{"format":"pt"})";
  std::string data;
  for (const io::Array& array : arrays) {
    const size_t begin = data.size();
    data.append(reinterpret_cast<const char*>(array.data.data()), array.data.size());
    header += fmt::format(R"(,"{}":{{"dtype":"F32","shape":{},"data_offsets":[{},{}]}})",
                          array.name, io::dims_to_text(array.dims), begin, data.size());
  }
  header += "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  const uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + data;
}

// ---- show --------------------------------------------------------------------------------------

TEST_CASE("weights show: a line per array") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK(weights_table(
            {.arrays = {io::make_array("fc1.weight", {2, 2}, std::vector<float>{3, -4, 0, 0}),
                        io::make_array("steps", {}, std::vector<int64_t>{7}),
                        io::make_array("none", {0, 4}, std::vector<double>{}),
                        io::make_array("broken", {3}, std::vector<float>{1, nan, 2})},
             .unread = {}}) ==
        "path        shape   dtype  count  min  max  norm\n"
        "fc1.weight  [2, 2]  f32        4   -4    3     5\n"
        "steps       []      i64        1    7    7     7\n"
        "none        [0, 4]  f64        0    -    -     0\n"
        "broken      [3]     f32        3  nan  nan   nan\n"
        "4 arrays, 8 elements\n");
}

TEST_CASE(
    "weights show: what is not read has its line and its reason, and no name acts on the "
    "terminal") {
  CHECK(weights_table({.arrays = {io::make_array("w\x1b[2J\n", {1}, std::vector<float>{2})},
                       .unread = {{.name = "words",
                                   .type = "<U1",
                                   .reason = "holds strings; save plain numbers",
                                   .digest = "0"},
                                  {.name = "read\nme",
                                   .type = "",
                                   .reason = "is no .npy array",
                                   .digest = "1"}}}) ==
        "path        shape  dtype  count  min  max  norm\n"
        "w\\x1b[2J\\n  [1]    f32        1    2    2     2\n"
        "words       -      <U1        -    -    -     -\n"
        "read\\nme    -      -          -    -    -     -\n"
        "1 array, 1 elements\n"
        "`words` holds strings; save plain numbers\n"
        "`read\\nme` is no .npy array\n");
}

TEST_CASE("weights show: a file that cannot be read is an error") {
  const TemporaryFolder folder;
  save(folder / "w.npz", plain_weights());
  CHECK(show_weights({folder / "w.npz"}) == 0);
  CHECK(show_weights({folder / "missing.npz"}) == 1);
}

// ---- diff --------------------------------------------------------------------------------------

TEST_CASE("weights diff: numbers, shapes and names that differ") {
  const double infinity = std::numeric_limits<double>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<io::Array> first = {io::make_array("same", {3}, std::vector<float>{1, 0, nan}),
                                        io::make_array("moved", {2}, std::vector<float>{3, 4}),
                                        io::make_array("from_zero", {2}, std::vector<float>{0, 0}),
                                        io::make_array("lost", {1}, std::vector<float>{1}),
                                        io::make_array("turned", {2, 3}, std::vector<float>(6)),
                                        io::make_array("gone", {2}, std::vector<float>{1, 1})};
  const std::vector<io::Array> second = {
      io::make_array("new", {1}, std::vector<float>{1}),
      io::make_array("gone", {2}, std::vector<float>{1, nan}),
      io::make_array("turned", {3, 2}, std::vector<float>(6)),
      io::make_array("from_zero", {2}, std::vector<float>{0, 2}),
      io::make_array("moved", {2}, std::vector<float>{3, 3.5}),
      io::make_array("same", {3}, std::vector<double>{1, -0.0, nan})};
  CHECK(weights_differences({.arrays = first, .unread = {}}, {.arrays = second, .unread = {}}) ==
        std::vector<ArrayDifference>{
            {.path = "moved", .mismatch = "", .largest = 0.5, .relative = 0.1},
            {.path = "from_zero", .mismatch = "", .largest = 2, .relative = infinity},
            {.path = "lost", .mismatch = "only in the first file"},
            {.path = "turned", .mismatch = "shape [2, 3] in the first file, [3, 2] in the second"},
            {.path = "gone", .mismatch = "", .largest = infinity, .relative = infinity},
            {.path = "new", .mismatch = "only in the second file"}});
}

TEST_CASE("weights diff: what is not read is compared by its bytes") {
  const auto entry = [](const char* name, const char* digest) {
    return io::UnreadEntry{
        .name = name, .type = "<U1", .reason = "holds strings", .digest = digest};
  };
  const io::Array number = io::make_array("number", {1}, std::vector<float>{1});
  const io::ArrayFile first = {.arrays = {number},
                               .unread = {entry("same", "1"), entry("other", "2"),
                                          entry("lost", "3"), entry("turned", "4")}};
  const io::ArrayFile second = {
      .arrays = {io::make_array("turned", {1}, std::vector<float>{1}), number},
      .unread = {entry("other", "5"), entry("same", "1"), entry("new", "6")}};
  CHECK(weights_differences(first, first).empty());
  CHECK(weights_differences(first, second) ==
        std::vector<ArrayDifference>{
            {.path = "other",
             .mismatch = "holds no numbers that are read, and other bytes in the two files"},
            {.path = "lost", .mismatch = "only in the first file"},
            {.path = "turned", .mismatch = "holds no numbers that are read in the first file"},
            {.path = "new", .mismatch = "only in the second file"}});
}

#ifndef TDC_SANITIZED  // they have other times than the compiler

/// Processor time of comparing a file of `count` tensors with itself, and of reading it for a net
/// that has none of them.
std::clock_t time_of_spare_tensors(int count) {
  std::vector<io::Array> arrays;
  for (int i = 0; i < count; ++i)
    arrays.push_back(io::make_array(fmt::format("blocks.{}.attention.weight", i), {1},
                                    std::vector<float>{static_cast<float>(i)}));
  const TemporaryFolder folder;
  save(folder / "many.safetensors", arrays);
  const std::clock_t start = std::clock();
  CHECK(diff_weights({folder / "many.safetensors", folder / "many.safetensors"}) == 0);
  const std::string said = messages_about(folder / "many.safetensors");
  const std::clock_t time = std::clock() - start;
  CHECK(said.find(fmt::format("and {} more, which the net does not have; left alone "
                              "[weights-unused]",
                              count - 3)) != std::string::npos);
  return time;
}

TEST_CASE("weights diff and weights: time grows as n log n with the number of tensors") {
  // Ten times as many take about 12 times as long; looking each up in all others took 100 times.
  CHECK(time_of_spare_tensors(100'000) < 40 * time_of_spare_tensors(10'000));
}

#endif

TEST_CASE("weights diff: the exit status tells whether files differ, whatever their format") {
  const TemporaryFolder folder;
  std::vector<io::Array> weights = plain_weights();
  save(folder / "a.npz", weights);
  save(folder / "b.safetensors", weights);
  CHECK(diff_weights({folder / "a.npz", folder / "b.safetensors"}) == 0);
  weights[1].data[3] ^= std::byte{1};
  save(folder / "b.safetensors", weights);
  CHECK(diff_weights({folder / "a.npz", folder / "b.safetensors"}) == 1);
  CHECK(diff_weights({folder / "a.npz", folder / "missing.npz"}) == 1);
}

/// The adapted net with `adapted` gives the logits of the plain one with `merged`, and others than
/// it gives with `plain`.
void check_equal_logits(const Work& work, const std::string& adapted_weights,
                        const std::string& merged_weights, const std::string& plain_weights) {
  const std::vector<float> adapted = work.logits("adapted", adapted_weights);
  const std::vector<float> merged = work.logits("plain", merged_weights);
  const std::vector<float> plain = work.logits("plain", plain_weights);
  REQUIRE(!adapted.empty());
  REQUIRE(merged.size() == adapted.size());
  double largest = 0;
  for (size_t i = 0; i < adapted.size(); ++i) {
    CHECK(std::abs(adapted[i] - merged[i]) <= 1e-6F);
    largest = std::max(largest, std::abs(static_cast<double>(adapted[i] - plain[i])));
  }
  CHECK(largest > 0.01);  // the adapters do something
}

// ---- merge -------------------------------------------------------------------------------------

TEST_CASE("weights merge: W + alpha / rank * B A, stored as the matrix is, rounded once") {
  const check::Checked checked = check::check_source(kProgram, {.train = "adapted"});
  REQUIRE_MESSAGE(checked.program.has_value(), checked.messages());
  const std::vector<io::Array> weights = adapted_weights();
  const std::vector<io::Array> merged = merge_adapters(*checked.program, weights);
  const auto element = [&](const char* name, int64_t columns, int64_t row, int64_t column) {
    return static_cast<double>(
        io::find_array(weights, name)->view<float>()[static_cast<size_t>(row * columns + column)]);
  };
  std::vector<io::Array> expected = plain_weights();
  std::vector<float> fc1;
  for (int64_t out = 0; out < 5; ++out)
    for (int64_t in = 0; in < 6; ++in)
      fc1.push_back(static_cast<float>(
          element("fc1.weight", 6, out, in) +
          1.5 * (element("fc1.lora_b", 2, out, 0) * element("fc1.lora_a", 6, 0, in) +
                 element("fc1.lora_b", 2, out, 1) * element("fc1.lora_a", 6, 1, in))));
  std::vector<float> fc2;
  for (int64_t in = 0; in < 5; ++in)
    for (int64_t out = 0; out < 5; ++out)
      fc2.push_back(static_cast<float>(
          element("fc2.w", 5, in, out) +
          1.5 * (element("fc2.lora_b", 2, out, 0) * element("fc2.lora_a", 5, 0, in) +
                 element("fc2.lora_b", 2, out, 1) * element("fc2.lora_a", 5, 1, in))));
  expected[0] = io::make_array("fc1.weight", {5, 6}, fc1);
  expected[2] = io::make_array("fc2.w", {5, 5}, fc2);
  CHECK(weights_differences({.arrays = merged, .unread = {}}, {.arrays = expected, .unread = {}})
            .empty());
}

TEST_CASE("weights merge: the merged plain net gives the adapted net's logits") {
  const Work work;
  save(work.folder / "adapted.npz", adapted_weights());
  save(work.folder / "plain.npz", plain_weights());
  REQUIRE(work.merge("adapted", "adapted.npz", "merged.safetensors") == 0);
  check_equal_logits(work, "adapted.npz", "merged.safetensors", "plain.npz");
}

TEST_CASE("lora: a fresh adapter leaves logits and loss as they are") {
  const Work work;
  save(work.folder / "plain.npz", plain_weights());
  CHECK(work.logits("adapted", "plain.npz") == work.logits("plain", "plain.npz"));
  CHECK(work.first_loss("adapted", "plain.npz") == work.first_loss("plain", "plain.npz"));
}

TEST_CASE("weights merge: without adapters there is nothing to merge") {
  const Work work;
  save(work.folder / "plain.npz", plain_weights());
  CHECK(work.merge("plain", "plain.npz", "merged.npz") == 1);
  CHECK(work.merge("adapted", "plain.npz", "merged.npz") == 1);
  CHECK_FALSE(std::filesystem::exists(work.folder / "merged.npz"));
}

// A convolution with everything that moves its taps, a table, and matrices; one convolution has
// groups and so takes no adapter.
constexpr const char* kImagesAndWords = R"(tdl 1

use std.nn

net Both(image: f32[2, 7, 6], words: class(5)[3]) -> logits: f32[4] {
  x = image |> Conv2d(6, kernel: (3, 2), stride: 2, padding: 1, dilation: (1, 2)) as conv |> tanh
  x = x |> Conv2d(4, kernel: 1, groups: 2) as grouped |> mean(axis: [1, 2])
  w = words |> Embedding(5, 4) as table |> mean(axis: 0)
  return concat([x, w], axis: 0) |> tanh |> Linear(4) as head
}

train plain of Both {
  target     label: class(4)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.5)
}

train adapted extends plain {
  freeze     **
  lora       conv, table, grouped, head rank 2 alpha 3
}
)";

TEST_CASE("lora: convolutions and tables take adapters, which merge into them") {
  const Work work(kImagesAndWords);
  std::vector<io::Array> plain = {array("conv.weight", {6, 2, 3, 2}, 1),
                                  array("conv.bias", {6}, 2),
                                  array("grouped.weight", {4, 3, 1, 1}, 3),
                                  array("grouped.bias", {4}, 4),
                                  array("table.weight", {5, 4}, 5),
                                  array("head.weight", {4, 8}, 6),
                                  array("head.bias", {4}, 7)};
  std::vector<io::Array> adapted = plain;
  for (const auto& [name, in, out, seed] :
       {std::tuple("conv", 12, 6, 8.0), {"table", 5, 4, 9.0}, {"head", 8, 4, 10.0}}) {
    adapted.push_back(array(std::string(name) + ".lora_a", {2, in}, seed));
    adapted.push_back(array(std::string(name) + ".lora_b", {out, 2}, seed + 20));
  }
  save(work.folder / "data.npz",
       {array("image", {4, 2, 7, 6}, 11),
        io::make_array("words", {4, 3}, std::vector<int32_t>{0, 1, 2, 4, 3, 3, 2, 0, 4, 1, 1, 1}),
        io::make_array("label", {4}, std::vector<int32_t>{2, 0, 1, 3})});
  save(work.folder / "plain.npz", plain);
  save(work.folder / "adapted.npz", adapted);
  CHECK(work.logits("adapted", "plain.npz") == work.logits("plain", "plain.npz"));
  CHECK(work.first_loss("adapted", "plain.npz") == work.first_loss("plain", "plain.npz"));
  REQUIRE(work.merge("adapted", "adapted.npz", "merged.npz") == 0);
  check_equal_logits(work, "adapted.npz", "merged.npz", "plain.npz");
  // Each of the three does something.
  const std::vector<io::Array> merged = load(work.folder / "merged.npz");
  for (const io::Array& array : merged)
    CHECK((array == *io::find_array(plain, array.name)) ==
          (array.name.starts_with("grouped") || array.name.ends_with("bias")));
}

TEST_CASE("lora: a square matrix that is used both ways takes no adapter") {
  const check::Checked checked = check::check_source(R"(tdl 1

block Tied(x: f32[n]) -> f32[n] {
  param w: f32[n, n] = kaiming_uniform(fan_in: n)
  return tanh(x @ w) @ transpose(w)
}

net Small(x: f32[4]) -> logits: f32[4] {
  return x |> Tied as tied
}

train adapted of Small {
  target     y: f32[4]
  loss       mse(logits, y)
  optimizer  sgd(lr: 0.5)
  freeze     **
  lora       tied rank 2
}
)");
  CHECK(checked.messages().find("[lora-no-matrix]") != std::string::npos);
}

// ---- files from elsewhere ----------------------------------------------------------------------

TEST_CASE("weights: a file from PyTorch loads with no map") {
  const TemporaryFolder folder;
  std::vector<io::Array> weights = plain_weights();
  std::sort(weights.begin(), weights.end(),
            [](const io::Array& a, const io::Array& b) { return a.name < b.name; });
  REQUIRE(write_file_atomically(folder / "torch.safetensors", foreign_safetensors(weights)).ok());
  check::Checked checked = check::check_source(kProgram, {.train = "plain"});
  REQUIRE(checked.program.has_value());
  const auto& variables = checked.program->module.variables;
  const auto values =
      make_initial_values(variables, *checked.program, {.weights = folder / "torch.safetensors"},
                          "test.td", checked.diagnostics);
  REQUIRE_MESSAGE(values.has_value(), checked.messages());
  for (const ir::VariableId id : variables.ids())
    CHECK((*values)[id] == io::to_f32(*io::find_array(weights, variables[id].path)));
}

/// What the net of `train plain` starts from with these weights.
std::vector<std::vector<float>> loaded(const std::string& path, const std::string& messages) {
  check::Checked checked = check::check_source(kProgram, {.train = "plain"});
  REQUIRE(checked.program.has_value());
  const auto& variables = checked.program->module.variables;
  const auto values = make_initial_values(variables, *checked.program, {.weights = path}, "test.td",
                                          checked.diagnostics);
  REQUIRE_MESSAGE(values.has_value(), checked.messages());
  CHECK(checked.messages() == messages);
  return {values->begin(), values->end()};
}

TEST_CASE("weights: what nobody asked for is left alone, and said once") {
  const TemporaryFolder folder;
  std::vector<io::Array> weights = plain_weights();
  save(folder / "plain.npz", weights);
  const auto expected = loaded(folder / "plain.npz", "");
  weights.insert(weights.begin(), io::make_array("steps", {}, std::vector<int64_t>{7}));
  weights.push_back(array("head.weight", {3, 3}, 1));
  for (const char* name : {"more.npz", "more.safetensors"}) {
    save(folder / name, weights);
    CHECK(
        loaded(folder / name,
               fmt::format("warning: `{}` holds `steps` and `head.weight`, which the net does not "
                           "have; left alone [weights-unused]\n",
                           folder / name)) == expected);
  }
}

TEST_CASE("weights: adapters that the net does not attach are no spare arrays") {
  const TemporaryFolder folder;
  std::vector<io::Array> weights = plain_weights();
  weights.push_back(array("fc1.lora_a", {2, 6}, 1));
  save(folder / "w.npz", weights);
  CHECK(messages_about(folder / "w.npz") ==
        fmt::format("error: `{}` has the adapter factor `fc1.lora_a`, but the net attaches no such "
                    "adapter [weights-extra]\nhint: `tdc weights merge` multiplies adapters into "
                    "their matrices\n",
                    folder / "w.npz"));
}

TEST_CASE("weights: 16-bit floats become the f32 of the same value") {
  const TemporaryFolder folder;
  // 1.5, -2, 2^-24 (subnormal in f16), 65504 (its largest); 2^-126 and 1.9921875 * 2^127 in bf16.
  const std::vector<uint16_t> half = {0x3e00, 0xc000, 0x0001, 0x7bff, 0x8000};
  const std::vector<uint16_t> brain = {0x3fc0, 0xc000, 0x0080, 0x7f7f, 0x8000};
  for (const auto& [type, bits, expected] :
       {std::tuple("F16", half, std::vector<float>{1.5F, -2, 0x1p-24F, 65504, -0.0F}),
        std::tuple("BF16", brain, std::vector<float>{1.5F, -2, 0x1p-126F, 0x1.FEp127F, -0.0F})}) {
    std::vector<io::Array> weights = plain_weights();
    REQUIRE(weights[1].name == "fc1.bias");
    const std::string bytes(reinterpret_cast<const char*>(bits.data()), 10);
    weights.erase(weights.begin() + 1);
    std::string file = foreign_safetensors(weights);
    uint64_t length = 0;
    std::memcpy(&length, file.data(), sizeof length);
    std::string header = file.substr(8, length);
    const std::string data = file.substr(8 + length);
    header = header.substr(0, header.rfind('}'));
    header += fmt::format(R"(,"fc1.bias":{{"dtype":"{}","shape":[5],"data_offsets":[{},{}]}}}})",
                          type, data.size(), data.size() + 10);
    length = header.size();
    file = std::string(reinterpret_cast<const char*>(&length), 8) + header + data + bytes;
    REQUIRE(write_file_atomically(folder / "w.safetensors", file).ok());
    const auto values = loaded(folder / "w.safetensors", "");
    REQUIRE(values.size() > 1);
    CHECK(values[1] == expected);
    CHECK(std::signbit(values[1][4]));
  }
}

TEST_CASE("weights: all that is wrong with a file is said at once") {
  const TemporaryFolder folder;
  std::vector<io::Array> weights = plain_weights();
  weights[0] = array("fc1.weight", {6, 5}, 1);
  weights[1] = io::make_array("fc1.bias", {5}, std::vector<int64_t>(5));
  weights[2].name = "fc2.weight";
  weights[3].data[3] = std::byte{0x7f};
  weights[3].data[2] = std::byte{0xc0};
  for (const char* name : {"bad.npz", "bad.safetensors"}) {
    const std::string path = folder / name;
    save(path, weights);
    const std::string text = messages_about(path);
    CAPTURE(text);
    for (const char* expected :
         {"`fc1.weight` has shape [6, 5], the net's has [5, 6] [weights-shape]",
          "`fc1.bias` holds i64, the net's are f32 [weights-file]",
          "has no `fc2.w`, which is f32[5, 5] [weights-missing]",
          "holds `fc2.weight`, which the net does not have; left alone [weights-unused]",
          "`fc3.weight` has an element that is not finite, number 0 [weights-not-finite]"})
      CHECK(text.find(expected) != std::string::npos);
  }
}

TEST_CASE("weights: a truncated or overlapping file is refused whole") {
  const TemporaryFolder folder;
  const std::string path = folder / "w.safetensors";
  const std::string good = foreign_safetensors(plain_weights());
  REQUIRE(write_file_atomically(path, good).ok());
  CHECK(messages_about(path).empty());
  for (const size_t length : {size_t{0}, size_t{7}, size_t{40}, good.size() - 1}) {
    REQUIRE(write_file_atomically(path, good.substr(0, length)).ok());
    CHECK(messages_about(path).find("[weights-file]") != std::string::npos);
  }
  std::string overlapping = good;
  const std::string range = "[120,140]";  // of fc1.bias, which begins where fc1.weight ends
  REQUIRE(overlapping.find(range) != std::string::npos);
  overlapping.replace(overlapping.find(range), range.size(), "[100,120]");
  REQUIRE(write_file_atomically(path, overlapping).ok());
  const std::string text = messages_about(path);
  CAPTURE(text);
  CHECK(text.find("[weights-file]") != std::string::npos);
}

}  // namespace
}  // namespace tdc::driver
