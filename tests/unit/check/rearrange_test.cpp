#include "check/rearrange.h"

#include <doctest/doctest.h>

namespace tdc::check {
namespace {

using Sizes = std::map<std::string, int64_t>;

Rearrangement plan(std::string_view pattern, const ir::Dims& dims, const Sizes& sizes = {}) {
  const auto result = plan_rearrangement(pattern, dims, sizes);
  REQUIRE(std::holds_alternative<Rearrangement>(result));
  return std::get<Rearrangement>(result);
}

RearrangeProblem problem(std::string_view pattern, const ir::Dims& dims, const Sizes& sizes = {}) {
  const auto result = plan_rearrangement(pattern, dims, sizes);
  REQUIRE(std::holds_alternative<RearrangeProblem>(result));
  return std::get<RearrangeProblem>(result);
}

TEST_CASE("axes are split, permuted and merged") {
  CHECK(plan("c h w -> (h w) c", {3, 4, 5}) ==
        Rearrangement{.split = {3, 4, 5}, .axes = {1, 2, 0}, .merged = {20, 3}});
  CHECK(plan("t (h e) -> h t e", {5, 6}, {{"h", 2}}) ==
        Rearrangement{.split = {5, 2, 3}, .axes = {1, 0, 2}, .merged = {2, 5, 3}});
  CHECK(plan("h t e -> t (h e)", {2, 5, 3}) ==
        Rearrangement{.split = {2, 5, 3}, .axes = {1, 0, 2}, .merged = {5, 6}});
}

TEST_CASE("axes of one need no transposition") {
  CHECK(plan("1 a -> a 1 1", {1, 4}) ==
        Rearrangement{.split = {4}, .axes = {0}, .merged = {4, 1, 1}});
  CHECK(plan("a () b -> b a", {2, 1, 3}) ==
        Rearrangement{.split = {2, 3}, .axes = {1, 0}, .merged = {3, 2}});
}

TEST_CASE("leading axes stay where they are") {
  CHECK(plan(".. a b -> .. b a", {7, 2, 3}) ==
        Rearrangement{.split = {7, 2, 3}, .axes = {1, 0}, .merged = {7, 3, 2}});
}

TEST_CASE("a problem names its place") {
  CHECK(problem("a b -> b c", {2, 3}) == RearrangeProblem{"`c` stands on the right only", 9, 10});
  CHECK(problem("a b -> b", {2, 3}) == RearrangeProblem{"`a` stands on the left only", 0, 1});
  CHECK(problem("a a -> a", {2, 3}).begin == 2);
  CHECK(problem("(a b) -> a b", {6}).text ==
        "the extents of `a` and `b` are both unknown; give one by keyword, `b: ...`");
  CHECK(problem("(a b) -> a b", {6}, {{"a", 4}}) ==
        RearrangeProblem{"an axis of 6 cannot be split by 4", 0, 5});
  CHECK(problem("a b -> b a", {6}).text ==
        "the pattern has 2 axes on its left, the tensor has shape [6]");
  CHECK(problem("a b", {2, 3}).text == "a pattern has the form `axes -> axes`");
  CHECK(problem("(a b -> b a", {2, 3}).text.find("`-`") != std::string::npos);
  CHECK(problem("a 2 -> a", {2, 2}).begin == 2);
  CHECK(problem("a -> a", {2}, {{"b", 2}}).text.find("`b`") != std::string::npos);
}

}  // namespace
}  // namespace tdc::check
