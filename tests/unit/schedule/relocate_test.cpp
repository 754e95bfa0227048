#include "schedule/relocate.h"

#include <doctest/doctest.h>

#include "unit/schedule/schedules.h"

namespace tdc::schedule {
namespace {

constexpr BufferId kOwn = {0}, kOther = {1};

TEST_CASE("a view of a buffer that lies in another") {
  //     the buffer [2, 3]: 0 1 2     in the other, transposed: 0 3      from 10: 10 12 14
  //                        3 4 5                               1 4               11 13 15
  //                                                            2 5
  const View place = {.buffer = kOther, .offset = 10, .extent = {2, 3}, .stride = {1, 2}};
  const auto view = [](BufferId buffer, int64_t offset, ir::Dims extent, ir::Dims stride) {
    return View{.buffer = buffer,
                .offset = offset,
                .extent = std::move(extent),
                .stride = std::move(stride)};
  };
  CHECK(relocate(view(kOwn, 0, {2, 3}, {3, 1}), place) == view(kOther, 10, {2, 3}, {1, 2}));
  CHECK(relocate(view(kOwn, 3, {3}, {1}), place) == view(kOther, 11, {3}, {2}));
  CHECK(relocate(view(kOwn, 1, {2, 1}, {3, 1}), place) == view(kOther, 12, {2, 1}, {1, 1}));
  CHECK(relocate(view(kOwn, 1, {4}, {0}), place) == view(kOther, 12, {4}, {0}));
  // From 2 to 3 is no step of the same length as from 1 to 2.
  CHECK(relocate(view(kOwn, 0, {6}, {1}), place) == std::nullopt);
  CHECK(relocate(view(kOwn, 2, {2}, {1}), place) == std::nullopt);
  CHECK(relocate(view(kOwn, 1, {2}, {4}), place) == std::nullopt);
}

TEST_CASE("random views of buffers that lie in others are the same elements") {
  int moved = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    test::Random random(seed);
    const auto pick = [&](int64_t low, int64_t high) { return random.between(low, high); };
    View place = {.buffer = kOther, .offset = pick(0, 5)};
    for (int64_t axis = pick(1, 3); axis > 0; --axis) {
      place.extent.push_back(pick(1, 4));
      place.stride.push_back(pick(0, 12));
    }
    const int64_t count = ir::element_count(place.extent);
    View view = {.buffer = kOwn, .offset = pick(0, count - 1)};
    int64_t last = view.offset;
    for (int64_t axis = pick(0, 3); axis > 0; --axis) {
      view.stride.push_back(pick(0, 4));
      view.extent.push_back(pick(1, 4));
      last += view.stride.back() * (view.extent.back() - 1);
    }
    if (last >= count) continue;
    const std::optional<View> found = relocate(view, place);
    if (!found) continue;
    ++moved;
    CAPTURE(seed);
    REQUIRE(found->extent == view.extent);
    const ir::Dims own = ir::dense_strides(view.extent), flat = ir::dense_strides(place.extent);
    for (int64_t i = 0; i < ir::element_count(view.extent); ++i) {
      int64_t in_own = view.offset, in_other = found->offset, expected = place.offset;
      for (size_t k = 0; k < own.size(); ++k) {
        in_own += i / own[k] % view.extent[k] * view.stride[k];
        in_other += i / own[k] % view.extent[k] * found->stride[k];
      }
      for (size_t k = 0; k < flat.size(); ++k)
        expected += in_own / flat[k] % place.extent[k] * place.stride[k];
      REQUIRE(in_other == expected);
    }
  }
  CHECK(moved > 800);
}

}  // namespace
}  // namespace tdc::schedule
