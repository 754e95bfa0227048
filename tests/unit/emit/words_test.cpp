#include "emit/words.h"

#include <doctest/doctest.h>

#include "unit/schedule/schedules.h"

namespace tdc::emit {
namespace {

using test::Random;

std::vector<Word> integers(const std::vector<int64_t>& numbers) {
  std::vector<Word> words;
  for (const int64_t number : numbers) words.push_back({.number = number});
  return words;
}

Word address(uint32_t buffer, int64_t offset) {
  return {.kind = Word::Kind::address, .storage = {buffer}, .number = offset};
}

void check_words(const std::vector<Word>& words) {
  const Fit found = fit(words);
  for (size_t turn = 0; turn < words.size(); ++turn)
    CHECK(word_in(found, static_cast<int64_t>(turn)) == words[turn]);
}

TEST_CASE("words: what changes by the same in each turn needs no table, at the ends neither") {
  const auto is_short = [](const std::vector<Word>& words) {
    check_words(words);
    return fit(words).table.size() == 1;
  };
  CHECK(fit(integers({7, 7, 7})).is_constant());
  CHECK(is_short(integers({1, 3, 5, 7, 9})));
  CHECK(is_short(integers({100, 3, 5, 7, 9})));
  CHECK(is_short(integers({1, 3, 5, 7, -4})));
  CHECK(is_short(integers({100, 3, 5, 7, 9, 100})));
  CHECK(is_short({address(1, 0), address(2, 8), address(2, 4), address(2, 0), address(3, 5)}));
  CHECK_FALSE(is_short(integers({1, 3, 5, 6, 9, 11})));
  CHECK_FALSE(is_short({address(1, 0), address(2, 4), address(1, 8), address(2, 12), {}, {}}));
}

TEST_CASE("words: what alternates needs a short table") {
  const std::vector<Word> words = integers({5, 1, 2, 1, 2, 1, 2, 1, 2});
  check_words(words);
  const Fit found = fit(words);
  CHECK(found.table.size() == 2);
  CHECK(found.first.has_value());
}

TEST_CASE("words: floats are bits and have no steps") {
  std::vector<Word> words;
  for (const int64_t bits : {1, 2, 3, 4, 5}) words.push_back({Word::Kind::real, {}, {}, bits});
  check_words(words);
  CHECK(fit(words).table.size() == 5);
}

TEST_CASE("words: any words are found again") {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    std::vector<Word> words;
    for (int64_t turns = random.between(1, 9); turns > 0; --turns) {
      const int64_t number = random.between(0, 2);
      if (random.chance(50))
        words.push_back({.number = number});
      else
        words.push_back(address(static_cast<uint32_t>(random.between(0, 1)), number));
    }
    check_words(words);
  }
}

}  // namespace
}  // namespace tdc::emit
