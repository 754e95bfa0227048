#include "emit/words.h"

#include <algorithm>
#include <array>
#include <bit>

#include "ops/bind.h"
#include "ops/op.h"
#include "support/check.h"

namespace tdc::emit {
namespace {

/// The longest table that is looked for when words repeat.
constexpr size_t kLongestPeriod = 4;

Word null_word() {
  return {.kind = Word::Kind::address};
}

Word integer_word(int64_t number) {
  return {.kind = Word::Kind::integer, .number = number};
}

Word real_word(double number) {
  return {.kind = Word::Kind::real, .number = std::bit_cast<int32_t>(static_cast<float>(number))};
}

std::vector<Word> scalar_words(const ops::KernelScalar& scalar) {
  if (const auto* integer = std::get_if<int64_t>(&scalar)) return {integer_word(*integer)};
  if (const auto* real = std::get_if<double>(&scalar)) return {real_word(*real)};
  std::vector<Word> words;
  for (const int64_t each : std::get<std::vector<int64_t>>(scalar))
    words.push_back(integer_word(each));
  return words;
}

/// The word `distance` turns later, if `step` is added in each.
Word later(Word word, int64_t step, int64_t distance) {
  word.number += step * distance;
  return word;
}

/// Fits the words [begin, end) as one word and a step.
bool fit_affine(const std::vector<Word>& words, size_t begin, size_t end, Fit& result) {
  const int64_t step = end - begin > 1 ? words[begin + 1].number - words[begin].number : 0;
  if (step != 0 && words[begin].kind == Word::Kind::real) return false;
  for (size_t i = begin; i < end; ++i)
    if (words[i] != later(words[begin], step, static_cast<int64_t>(i - begin))) return false;
  result.table = {later(words[begin], -step, static_cast<int64_t>(begin))};
  result.step = step;
  return true;
}

/// Fits the words [begin, end) as a table that repeats at least once.
bool fit_period(const std::vector<Word>& words, size_t begin, size_t end, Fit& result) {
  for (size_t period = 2; period <= kLongestPeriod && begin + 2 * period <= end; ++period) {
    bool repeats = true;
    for (size_t i = begin; i + period < end; ++i)
      repeats = repeats && words[i] == words[i + period];
    if (!repeats) continue;
    result.table.clear();
    for (size_t i = 0; i < period; ++i) {
      size_t turn = i;
      while (turn < begin) turn += period;
      result.table.push_back(words[turn]);
    }
    return true;
  }
  return false;
}

/// What is said of turns from 0 for turns from `begin`.
Fit from_turn(Fit fit, int64_t begin) {
  if (begin == 0) return fit;
  if (fit.table.size() == 1)
    fit.table.front() = later(fit.table.front(), fit.step, -begin);
  else if (std::ssize(fit.table) < fit.end)
    std::rotate(fit.table.begin(), fit.table.end() - begin % std::ssize(fit.table),
                fit.table.end());
  else
    fit.table.insert(fit.table.begin(), static_cast<size_t>(begin), fit.table.front());
  fit.begin += begin;
  fit.end += begin;
  return fit;
}

}  // namespace

std::vector<ArgumentWords> Words::of(const schedule::Launch& launch) const {
  std::vector<ArgumentWords> result;
  for (const ops::KernelPart& part : ops::kernel_parts(*launch.op, schedule::kernel_call(launch)))
    result.push_back(of_part(launch, part));
  return result;
}

ArgumentWords Words::of_part(const schedule::Launch& launch, const ops::KernelPart& part) const {
  const ops::KernelDef& kernel = *launch.op->kernel;
  const std::optional<ops::KernelScalars> scalars = ops::bind(kernel, part.call);
  TDC_CHECK(scalars.has_value(), "{} cannot take how its operands lie", kernel.name);
  ArgumentWords result;
  for (const ops::KernelField& field : kernel.fields) {
    const auto operand = static_cast<size_t>(field.operand);
    switch (field.kind) {
      case ops::FieldKind::input: {
        const auto& [input, offset] = part.inputs.at(operand);
        const std::optional<schedule::View>& view = launch.inputs.at(input);
        result.push_back({view ? later(address(*view), offset, 1) : null_word()});
        break;
      }
      case ops::FieldKind::output: {
        const auto& [output, offset] = part.outputs.at(operand);
        result.push_back({later(address(launch.outputs.at(output)), offset, 1)});
        break;
      }
      case ops::FieldKind::count:
      case ops::FieldKind::counts:
      case ops::FieldKind::flag:
      case ops::FieldKind::real: {
        const ops::KernelScalar* scalar = scalars->find(field.name);
        TDC_CHECK(scalar != nullptr, "`{}` does not bind `{}`", launch.op->name, field.name);
        result.push_back(scalar_words(*scalar));
        break;
      }
    }
  }
  return result;
}

std::array<Word, 2> Words::of(const schedule::Copy& copy) const {
  return {address(copy.to), address(copy.from)};
}

Word Words::address(const schedule::View& view) const {
  return {.kind = Word::Kind::address,
          .storage = roots_[view.buffer],
          .dtype = schedule_.buffers[view.buffer].type.dtype,
          .number = view.offset};
}

Fit fit(const std::vector<Word>& words, int64_t begin) {
  TDC_CHECK(!words.empty(), "a loop without turns");
  using Try = bool (*)(const std::vector<Word>&, size_t, size_t, Fit&);
  constexpr std::array<Try, 2> kTries = {fit_affine, fit_period};
  constexpr std::array<std::pair<bool, bool>, 4> kExceptions = {
      {{false, false}, {true, false}, {false, true}, {true, true}}};
  Fit result = {.end = std::ssize(words), .table = {}, .first = {}, .last = {}};
  for (const Try try_fit : kTries)
    for (const auto& [has_first, has_last] : kExceptions) {
      const size_t from = has_first ? 1 : 0;
      const size_t to = words.size() - (has_last ? 1 : 0);
      if (from >= to || !try_fit(words, from, to, result)) continue;
      if (has_first) result.first = words.front();
      if (has_last) result.last = words.back();
      return from_turn(std::move(result), begin);
    }
  result.table = words;
  return from_turn(std::move(result), begin);
}

Word word_in(const Fit& fit, int64_t turn) {
  if (fit.first && turn == fit.begin) return *fit.first;
  if (fit.last && turn == fit.end - 1) return *fit.last;
  const auto entry = static_cast<size_t>(turn) % fit.table.size();
  return later(fit.table[entry], fit.step, turn);
}

std::vector<ArgumentFits> argument_fits(const Words& words,
                                        const std::vector<const schedule::Launch*>& turns,
                                        int64_t begin) {
  std::vector<std::vector<ArgumentWords>> all;  // by turn, call
  for (const schedule::Launch* launch : turns) all.push_back(words.of(*launch));
  std::vector<ArgumentFits> result(all.front().size());
  for (size_t call = 0; call < result.size(); ++call)
    for (size_t field = 0; field < all.front()[call].size(); ++field) {
      result[call].emplace_back();
      size_t size = 0;
      for (const auto& turn : all) size = std::max(size, turn[call][field].size());
      for (size_t i = 0; i < size; ++i) {
        std::vector<Word> over_turns;
        for (const auto& turn : all) {  // entries that `counts` does not have are 0
          const std::vector<Word>& words_of_field = turn[call][field];
          over_turns.push_back(i < words_of_field.size() ? words_of_field[i] : integer_word(0));
        }
        result[call].back().push_back(fit(over_turns, begin));
      }
    }
  return result;
}

std::array<Fit, 2> copy_fits(const Words& words, const std::vector<const schedule::Copy*>& turns,
                             int64_t begin) {
  std::array<std::vector<Word>, 2> over_turns;
  for (const schedule::Copy* copy : turns) {
    const std::array<Word, 2> all = words.of(*copy);
    for (size_t i = 0; i < all.size(); ++i) over_turns[i].push_back(all[i]);
  }
  return {fit(over_turns[0], begin), fit(over_turns[1], begin)};
}

}  // namespace tdc::emit
