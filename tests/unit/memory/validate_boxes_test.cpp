#include "memory/validate_boxes.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "../schedule/schedules.h"

namespace tdc::memory {
namespace {

using ops::Box;
using ops::Range;
using test::Random;

/// Axes a (parallel), b and c (chains).
ops::Space space_of(int64_t a, int64_t b, int64_t c) {
  ops::SpaceBuilder builder;
  builder.axis("a", a);
  builder.axis("b", b, ops::AxisKind::chain);
  builder.axis("c", c, ops::AxisKind::chain);
  return builder.finish();
}

std::string cover(const ops::Space& space, const std::vector<Box>& boxes) {
  std::vector<const Box*> pointers;
  for (const Box& box : boxes) pointers.push_back(&box);
  return cover_problem(space, pointers).value_or("");
}

TEST_CASE("boxes cover a space once") {
  const ops::Space space = space_of(4, 3, 2);
  CHECK(cover(space, {{{0, 4}, {0, 3}, {0, 2}}}).empty());
  CHECK(cover(space, {{{0, 2}, {0, 3}, {0, 2}}, {{2, 4}, {0, 1}, {0, 2}}, {{2, 4}, {1, 3}, {0, 2}}})
            .empty());
  CHECK(cover(space, {}) == "no launch computes it");
  CHECK(cover(space, {{{0, 2}, {0, 3}, {0, 2}}}) == "no launch computes a 2..4");
  CHECK(cover(space, {{{0, 3}, {0, 3}, {0, 2}}, {{2, 4}, {0, 3}, {0, 2}}}) ==
        "2 launches compute a 2..3");
  CHECK(cover(space, {{{0, 4}, {0, 2}, {0, 2}}, {{0, 4}, {2, 3}, {0, 1}}}) ==
        "no launch computes b 2..3, c 1..2");
  CHECK(cover(space, {{{0, 4}, {0, 3}, {0, 2}}, {{0, 4}, {0, 3}, {0, 2}}}) ==
        "2 launches compute it");
}

TEST_CASE("random boxes cover a space once if each of its points is in one of them") {
  int sound = 0, broken = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Random random(seed);
    const int64_t extents[] = {random.between(1, 4), random.between(1, 4), random.between(1, 4)};
    const ops::Space space = space_of(extents[0], extents[1], extents[2]);
    // Cuts boxes at random, and then damages some.
    std::vector<Box> boxes = {{{0, extents[0]}, {0, extents[1]}, {0, extents[2]}}};
    for (int64_t i = random.between(0, 6); i > 0; --i) {
      Box& box =
          boxes[static_cast<size_t>(random.between(0, static_cast<int64_t>(boxes.size()) - 1))];
      Range& range = box[static_cast<size_t>(random.between(0, 2))];
      if (range.extent() == 1) continue;
      const int64_t at = random.between(range.begin + 1, range.end - 1);
      Box other = box;
      other[static_cast<size_t>(&range - box.data())].begin = at;
      range.end = at;
      boxes.push_back(other);
    }
    if (random.chance(50)) {
      Box& box =
          boxes[static_cast<size_t>(random.between(0, static_cast<int64_t>(boxes.size()) - 1))];
      const auto axis = static_cast<size_t>(random.between(0, 2));
      const int64_t begin = random.between(0, extents[axis] - 1);
      box[axis] = {begin, random.between(begin + 1, extents[axis])};
    }
    bool is_covered = true;
    for (int64_t a = 0; a < extents[0]; ++a)
      for (int64_t b = 0; b < extents[1]; ++b)
        for (int64_t c = 0; c < extents[2]; ++c) {
          int count = 0;
          for (const Box& box : boxes)
            if (box[0].begin <= a && a < box[0].end && box[1].begin <= b && b < box[1].end &&
                box[2].begin <= c && c < box[2].end)
              ++count;
          is_covered = is_covered && count == 1;
        }
    CAPTURE(seed);
    CHECK(cover(space, boxes).empty() == is_covered);
    (is_covered ? sound : broken) += 1;
  }
  CHECK(sound > 200);
  CHECK(broken > 200);
}

TEST_CASE("pieces of a chain are its consecutive intervals") {
  const ops::Space space = space_of(4, 3, 2);
  CHECK(chain_length(space) == 6);
  const auto positions = [&](const Box& box) {
    const Range found = chain_positions(space, box);
    return fmt::format("{}..{}", found.begin, found.end);
  };
  CHECK(positions({{0, 4}, {0, 3}, {0, 2}}) == "0..6");
  CHECK(positions({{0, 1}, {1, 3}, {0, 2}}) == "2..6");
  CHECK(positions({{0, 1}, {1, 2}, {1, 2}}) == "3..4");
  CHECK(box_problem(space, {{0, 1}, {1, 2}, {1, 2}}) == std::nullopt);
  CHECK(box_problem(space, {{0, 1}, {0, 2}, {0, 1}}) == "takes 2 of the positions 0..3 of b, c");
  CHECK(box_problem(space, {{0, 5}, {0, 3}, {0, 2}}) == "takes 0..5 of axis a, which has 4");
  CHECK(box_problem(space, {{2, 2}, {0, 3}, {0, 2}}) == "takes 2..2 of axis a, which has 4");
  CHECK(box_problem(space, {{0, 4}}) == "has a box of 1 axes in a space of 3");
  ops::SpaceBuilder builder;
  builder.axis("without chains", 3);
  CHECK(chain_length(builder.finish()) == 1);
}

TEST_CASE("what a cut may be is what the validator takes for a box, also of axes walked as one") {
  int legal = 0, wrong = 0;
  for (uint64_t seed = 0; seed < 5000; ++seed) {
    Random random(seed);
    ops::SpaceBuilder builder;
    std::vector<size_t> axes;
    for (int64_t i = random.between(1, 4); i > 0; --i)
      axes.push_back(builder.axis(fmt::format("a{}", i), random.between(1, 3)));
    builder.merge(axes, random.between(1, 3));
    const ops::Space space = builder.finish();
    Box box;
    for (const ops::SpaceAxis& axis : space.axes) {
      const int64_t begin = random.chance(50) ? 0 : random.between(0, axis.extent - 1);
      box.push_back(
          {begin, random.chance(50) ? axis.extent : random.between(begin + 1, axis.extent)});
    }
    const std::optional<std::string> problem = ops::cut_problem(space, box);
    INFO(problem.value_or("legal"));
    CHECK(problem.has_value() == box_problem(space, box).has_value());
    ++(problem ? wrong : legal);
  }
  CHECK(legal > 2000);
  CHECK(wrong > 300);
}

}  // namespace
}  // namespace tdc::memory
