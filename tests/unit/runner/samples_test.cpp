#include "runner/samples.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

namespace tdc::runner {
namespace {

const Field kImage = {.name = "image", .type = {.dtype = ir::DType::f32, .dims = {1, 2}}};
const Field kLabel = {.name = "label", .type = {.dtype = ir::DType::i32, .dims = {}}, .classes = 3};

std::vector<float> floats(const std::vector<std::byte>& bytes, size_t count) {
  std::vector<float> values(count);
  REQUIRE(bytes.size() >= 4 * count);
  std::memcpy(values.data(), bytes.data(), 4 * count);
  return values;
}

std::vector<int32_t> integers_at_end(const std::vector<std::byte>& bytes, size_t count) {
  std::vector<int32_t> values(count);
  REQUIRE(bytes.size() >= 4 * count);
  std::memcpy(values.data(), bytes.data() + bytes.size() - 4 * count, 4 * count);
  return values;
}

std::vector<std::string> problems(std::vector<io::Array> arrays) {
  return Samples::make({.arrays = std::move(arrays), .unread = {}}, {kImage, kLabel}, "d.npz")
      .failure()
      .messages;
}

TEST_CASE("samples: a batch holds all samples of one field, then all of the next") {
  const Result<Samples> samples =
      Samples::make({.arrays = {io::make_array<int32_t>("label", {3}, {0, 1, 2}),
                                io::make_array<float>("image", {3, 1, 2}, {1, 2, 3, 4, 5, 6})},
                     .unread = {}},
                    {kImage, kLabel}, "d.npz");
  REQUIRE(samples.ok());
  CHECK(samples.value().count() == 3);
  const std::vector<std::byte> batch = samples.value().gather(std::vector<int64_t>{2, 0});
  REQUIRE(batch.size() == 24);
  CHECK(floats(batch, 4) == std::vector<float>{5, 6, 1, 2});
  CHECK(integers_at_end(batch, 2) == std::vector<int32_t>{2, 0});
}

TEST_CASE(
    "samples: an input with a mean and a deviation is scaled, one number or one per channel") {
  // Values that single precision holds exactly, so that the quotients are exact too.
  const auto scaled = [](io::Array array, std::vector<float> mean, std::vector<float> deviation) {
    const Field field = {.name = "image",
                         .type = {.dtype = ir::DType::f32, .dims = {2, 2}},
                         .mean = std::move(mean),
                         .deviation = std::move(deviation)};
    const Result<Samples> samples =
        Samples::make({.arrays = {std::move(array)}, .unread = {}}, {field}, "d.npz");
    REQUIRE(samples.ok());
    return floats(samples.value().gather(std::vector<int64_t>{1}), 4);
  };
  const io::Array single = io::make_array<float>("image", {2, 2, 2}, {9, 9, 9, 9, 0.5F, 1, 2, -1});
  CHECK(scaled(single, {0.5F}, {0.25F}) == std::vector<float>{0, 2, 6, -6});
  CHECK(scaled(single, {0.5F, -1}, {0.25F, 2}) == std::vector<float>{0, 2, 1.5F, 0});
  const io::Array wide = io::make_array<double>("image", {2, 2, 2}, {9, 9, 9, 9, 0.5, 1, 2, -1});
  CHECK(scaled(wide, {0.5F, -1}, {0.25F, 2}) == std::vector<float>{0, 2, 1.5F, 0});
  // A byte of 255 is 1, and 51 the float next to 0.2.
  const io::Array bytes =
      io::make_array<uint8_t>("image", {2, 2, 2}, {9, 9, 9, 9, 0, 255, 51, 255});
  CHECK(scaled(bytes, {0.5F, 0.2F}, {0.25F, 0.5F}) == std::vector<float>{-2, 2, 0, 1.6F});
}

TEST_CASE("samples: u8 is scaled to 0 to 1, f64 is rounded, labels may have any width") {
  const Result<Samples> bytes =
      Samples::make({.arrays = {io::make_array<uint8_t>("image", {1, 2}, {255, 51}),
                                io::make_array<uint8_t>("label", {1}, {2})},
                     .unread = {}},
                    {kImage, kLabel}, "d.npz");
  REQUIRE(bytes.ok());
  const std::vector<std::byte> sample = bytes.value().gather(std::vector<int64_t>{0});
  CHECK(floats(sample, 2) == std::vector<float>{1.0F, 0.2F});
  CHECK(integers_at_end(sample, 1) == std::vector<int32_t>{2});
  const Result<Samples> doubles =
      Samples::make({.arrays = {io::make_array<double>("image", {1, 2}, {0.1, 1e-300}),
                                io::make_array<int64_t>("label", {1}, {1})},
                     .unread = {}},
                    {kImage, kLabel}, "d.npz");
  REQUIRE(doubles.ok());
  CHECK(floats(doubles.value().gather(std::vector<int64_t>{0}), 2) == std::vector<float>{0.1F, 0});
}

TEST_CASE("samples: all that does not fit is listed at once") {
  CHECK(problems({io::make_array<float>("images", {1, 1, 2}, {1, 2})}) ==
        std::vector<std::string>{"d.npz: no array is called `image`; there is `images`",
                                 "d.npz: no array is called `label`; there is `images`"});
  CHECK(
      problems({io::make_array<float>("image", {2, 3}, {1, 2, 3, 4, 5, 6}),
                io::make_array<float>("label", {2}, {0, 1})}) ==
      std::vector<std::string>{"d.npz: `image` is f32[2, 3], the program takes f32[n, 1, 2]",
                               "d.npz: `label` holds f32, the program takes whole numbers (i32)"});
  CHECK(problems({io::make_array<int16_t>("image", {1, 2}, {1, 2}),
                  io::make_array<int32_t>("label", {1}, {0})}) ==
        std::vector<std::string>{
            "d.npz: `image` holds i16, the program takes f32 (floats and u8 are converted)"});
}

/// The targets that two samples give, from an array of any type.
std::vector<float> targets(io::Array array) {
  const Field field = {
      .name = "z", .type = {.dtype = ir::DType::f32, .dims = {}}, .is_target = true};
  const Result<Samples> samples =
      Samples::make({.arrays = {std::move(array)}, .unread = {}}, {field}, "d.npz");
  REQUIRE(samples.ok());
  return floats(samples.value().gather(std::vector<int64_t>{1, 0}), 2);
}

TEST_CASE("samples: only inputs are scaled, a target is the number that the file holds") {
  CHECK(targets(io::make_array<uint8_t>("z", {2}, {255, 4})) == std::vector<float>{4, 255});
  CHECK(targets(io::make_array<int8_t>("z", {2}, {-1, 4})) == std::vector<float>{4, -1});
  CHECK(targets(io::make_array<int32_t>("z", {2}, {1 << 24, -7})) ==
        std::vector<float>{-7, 0x1p24F});
  CHECK(targets(io::make_array<int64_t>("z", {2}, {int64_t{1} << 40, 4})) ==
        std::vector<float>{4, 0x1p40F});
  CHECK(targets(io::make_array<double>("z", {2}, {0.1, 4})) == std::vector<float>{4, 0.1F});
  io::Array half = io::make_array<uint16_t>("z", {2}, {0x3e00, 0xc000});
  half.type = io::ElementType::kF16;
  CHECK(targets(half) == std::vector<float>{-2, 1.5F});
  const Field field = {
      .name = "z", .type = {.dtype = ir::DType::f32, .dims = {}}, .is_target = true};
  CHECK(Samples::make(
            {.arrays = {io::make_array<int32_t>("z", {2}, {1, (1 << 24) + 1})}, .unread = {}},
            {field}, "d.npz")
            .failure() == fail("d.npz: `z`: element 1 is 16777217, which f32 does not hold"));
}

TEST_CASE("samples: what no field asks for is left alone, whatever it is") {
  const std::vector<io::Array> asked = {io::make_array<float>("image", {1, 2}, {1, 2}),
                                        io::make_array<int32_t>("label", {1}, {2})};
  io::ArrayFile file = {.arrays = asked, .unread = {}};
  file.arrays.insert(
      file.arrays.begin(),
      {io::make_array<float>("mean", {}, {1}), io::make_array<float>("none", {0}, {}),
       io::make_array<float>("other", {7}, std::vector<float>(7))});
  file.unread.push_back({.name = "names", .type = "<U1", .reason = "holds strings", .digest = {}});
  const Result<Samples> samples = Samples::make(file, {kImage, kLabel}, "d.npz");
  REQUIRE(samples.ok());
  CHECK(samples.value().count() == 1);
  CHECK(floats(samples.value().gather(std::vector<int64_t>{0}), 2) == std::vector<float>{1, 2});
  // Asked for, an entry says why it is none.
  Field names = kImage;
  names.name = "names";
  CHECK(Samples::make(file, {names, kLabel}, "d.npz").failure() ==
        fail("d.npz: `names` holds strings"));
}

TEST_CASE("samples: arrays that are asked for have samples along their first axis, equally many") {
  const auto said = [](std::vector<int64_t> image, std::vector<int64_t> label) {
    const auto array = [](const char* name, std::vector<int64_t> dims) {
      int64_t count = 1;
      for (const int64_t dim : dims) count *= dim;
      return io::make_array(name, std::move(dims), std::vector<float>(static_cast<size_t>(count)));
    };
    return problems({array("image", std::move(image)), array("label", std::move(label))}).at(0);
  };
  CHECK(said({}, {1}) ==
        "d.npz: `image` is a single number; data has samples along its first axis");
  CHECK(said({2, 2}, {1}) == "d.npz: `image` holds 2 samples, `label` holds 1");
  CHECK(said({0, 2}, {0}) == "d.npz: `image` holds no samples");
}

TEST_CASE("samples: labels that are no class") {
  const io::Array image = io::make_array<float>("image", {3, 2}, {1, 2, 3, 4, 5, 6});
  CHECK(problems({image, io::make_array<int32_t>("label", {3}, {0, 2, 3})}) ==
        std::vector<std::string>{"d.npz: `label` holds 3 at index 2, the program takes 0 to 2"});
  CHECK(problems({image, io::make_array<int8_t>("label", {3}, {0, -1, 3})}) ==
        std::vector<std::string>{"d.npz: `label` holds -1 at index 1, the program takes 0 to 2"});
  CHECK(problems({image, io::make_array<int64_t>("label", {3}, {0, 1, int64_t{1} << 40})}).size() ==
        1);
}

TEST_CASE("samples: numbers that are infinite or none, or become so, are refused") {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const io::Array label = io::make_array<int32_t>("label", {2}, {0, 1});
  const auto said = [&](io::Array image) { return problems({std::move(image), label}); };
  CHECK(said(io::make_array<float>("image", {2, 2}, {0, 1, -kNan, kInfinity})) ==
        std::vector<std::string>{
            "d.npz: `image` holds nan at index [1, 0], which is no number to compute with"});
  CHECK(said(io::make_array<float>("image", {2, 1, 2}, {0, -kInfinity, 0, 0})) ==
        std::vector<std::string>{
            "d.npz: `image` holds -inf at index [0, 0, 1], which is no number to compute with"});
  CHECK(said(io::make_array<double>("image", {2, 2}, {0, 0, 0, 1e300})) ==
        std::vector<std::string>{
            "d.npz: `image` holds 1e+300 at index [1, 1], which f32 does not hold"});
  CHECK(said(io::make_array<float>("image", {2, 2}, {0, 0, 0, 3e38F})).empty());
  const Field target = {
      .name = "y", .type = {.dtype = ir::DType::f32, .dims = {}}, .is_target = true};
  CHECK(Samples::make({.arrays = {io::make_array<float>("y", {2}, {1, kNan})}, .unread = {}},
                      {target}, "d.npz")
            .failure() ==
        fail("d.npz: `y` holds nan at index 1, which is no number to compute with"));
  // Two channels: only the second is scaled by what makes it too large.
  Field scaled = {.name = "image",
                  .type = {.dtype = ir::DType::f32, .dims = {2, 2}},
                  .mean = {0, 0},
                  .deviation = {1, 0.25F}};
  const auto make = [&](std::vector<float> numbers) {
    return Samples::make(
        {.arrays = {io::make_array<float>("image", {1, 2, 2}, std::move(numbers))}, .unread = {}},
        {scaled}, "d.npz");
  };
  CHECK(make({3e38F, 3e38F, 0, 0}).ok());
  CHECK(make({0, 0, 3e38F, 0}).failure() ==
        fail("d.npz: `image` holds {} at index [0, 1, 0], which is infinite once it is scaled",
             static_cast<double>(3e38F)));
}

TEST_CASE("samples: indices that name no row of what they look up") {
  const Field token = {
      .name = "token", .type = {.dtype = ir::DType::i32, .dims = {3}}, .classes = 50};
  const auto make = [&](std::vector<int32_t> numbers) {
    return Samples::make(
        {.arrays = {io::make_array<int32_t>("token", {2, 3}, std::move(numbers))}, .unread = {}},
        {token}, "d.npz");
  };
  CHECK(make({0, 1, 2, 3, 4, 49}).ok());
  CHECK(make({0, 1, 2, 3, 4, 50}).failure() ==
        fail("d.npz: `token` holds 50 at index [1, 2], the program takes 0 to 49"));
}

TEST_CASE("sample order: that of the file, again from the start") {
  SampleOrder order(3, std::nullopt);
  std::vector<int64_t> taken;
  for (int i = 0; i < 7; ++i) taken.push_back(order.next());
  CHECK(taken == std::vector<int64_t>{0, 1, 2, 0, 1, 2, 0});
}

TEST_CASE("sample order: shuffled turns are different permutations that the seed decides") {
  constexpr int64_t kCount = 50;
  const auto turns = [](uint64_t seed) {
    SampleOrder order(kCount, seed);
    std::vector<std::vector<int64_t>> result(3);
    for (auto& turn : result)
      for (int64_t i = 0; i < kCount; ++i) turn.push_back(order.next());
    return result;
  };
  const auto first = turns(1);
  CHECK(first == turns(1));
  CHECK(first != turns(2));
  CHECK(first[0] != first[1]);
  CHECK(first[1] != first[2]);
  std::vector<int64_t> all(kCount);
  std::iota(all.begin(), all.end(), 0);
  for (std::vector<int64_t> turn : first) {
    CHECK(turn != all);
    std::sort(turn.begin(), turn.end());
    CHECK(turn == all);
  }
}

}  // namespace
}  // namespace tdc::runner
