// Programs that parse but mean little: words and numbers of good programs exchanged. Whatever comes
// of it, the compiler answers with messages; its own checks end the process.

#include <doctest/doctest.h>

#include <cctype>
#include <filesystem>
#include <random>

#include "../mutate.h"
#include "check_source.h"

namespace tdc::check {
namespace {

TEST_CASE("exchanged words and numbers end in messages") {
  constexpr int kPrograms = 1'000;
  constexpr uint32_t kSeed = 20260301;
  std::vector<std::vector<std::string>> programs;
  for (const char* path : {"examples/mlp_digits/mlp_digits.td", "examples/cct/cct.td",
                           "tests/golden/check/manual_example.td", "stdlib/chips.td"})
    programs.push_back(split_words(read_source_file(path)));
  // The library's blocks, damaged themselves and called.
  programs.push_back(split_words(read_source_file("stdlib/nn.td") + R"(
net N(image: f32[3, 8, 8], words: i32[20]) -> y: f32[5] {
  x = Conv2d(image, 8, kernel: (3, 2), stride: 2, padding: 1) as conv |> rearrange("c h w -> (h w) c")
  x = concat([x[.., 0..4], Embedding(words, 10, 8)[0..x_rows, 4..8]], axis: -1)
  return TransformerEncoder(x, heads: 2, hidden: 16) as encoder |> SequencePool as pool |> Linear(5)
}
let x_rows = 20
)"));
  const std::vector<std::string> numbers = {
      "0", "1", "2", "7", "1000000", "9223372036854775807", "0.5", "1e300"};
  std::vector<std::string> words;
  for (const std::vector<std::string>& program : programs)
    for (const std::string& token : program)
      if (token.size() > 1 || std::ispunct(static_cast<unsigned char>(token[0])))
        words.push_back(token);
  std::mt19937 random(kSeed);
  const auto pick = [&](const std::vector<std::string>& from) {
    return from[random() % from.size()];
  };
  int good = 0;
  for (int i = 0; i < kPrograms; ++i) {
    std::vector<std::string> program = programs[random() % programs.size()];
    for (size_t changes = 1 + random() % 2; changes > 0; --changes) {
      std::string& token = program[random() % program.size()];
      if (std::isspace(static_cast<unsigned char>(token[0]))) continue;
      const bool is_number = std::isdigit(static_cast<unsigned char>(token[0]));
      token = random() % 8 == 0 ? "" : is_number ? pick(numbers) : pick(words);
    }
    std::string text;
    for (const std::string& token : program) text += token;
    INFO("seed ", kSeed, ", program ", i, "\n", text);
    const Checked checked = check_source(text);
    CHECK(checked.program.has_value() != checked.diagnostics.has_errors());
    good += checked.program.has_value() ? 1 : 0;
  }
  // Some changes are harmless; most are not.
  CHECK(good > kPrograms / 100);
  CHECK(good < kPrograms / 2);
}

}  // namespace
}  // namespace tdc::check
