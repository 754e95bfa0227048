#include "schedule/kernel_call.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>

namespace tdc::schedule {
namespace {

/// What a C compiler makes of the record below.
struct ExpectedArguments {
  float* y;
  int32_t count;
  const float* x;
  const int32_t* absent;
  int32_t strides[6];
  float scale;
  uint32_t flag;
};

TEST_CASE("argument structs have the layout of C") {
  const ops::KernelDef kernel = {
      .name = "td_example_f32",
      .file = "example.c",
      .fields = {{.name = "y", .kind = ops::FieldKind::output},
                 {.name = "count", .kind = ops::FieldKind::count},
                 {.name = "x", .kind = ops::FieldKind::input, .operand = 1},
                 {.name = "absent", .kind = ops::FieldKind::input, .dtype = ir::DType::i32},
                 {.name = "strides", .kind = ops::FieldKind::counts},
                 {.name = "scale", .kind = ops::FieldKind::real},
                 {.name = "flag", .kind = ops::FieldKind::flag}},
      .bind = [](const ops::KernelCall& call, ops::KernelScalars& scalars) {
        scalars.set("flag", int64_t{1});
        scalars.set("scale", 0.1);
        scalars.set("strides", std::vector<int64_t>{-3, 4});
        scalars.set("count", call.output(0).extent[0]);
      }};
  const ir::Attributes attributes;
  const ops::KernelCall call = {.inputs = {std::nullopt, std::nullopt},
                                .outputs = {{.extent = {7}, .stride = {1}}},
                                .attributes = attributes};
  float x = 0, y = 0;
  const std::vector<std::byte> packed =
      pack_arguments(kernel, call, {.inputs = {nullptr, &x}, .outputs = {&y}});
  REQUIRE(packed.size() == sizeof(ExpectedArguments));
  ExpectedArguments found;
  std::memcpy(&found, packed.data(), sizeof found);
  CHECK(found.y == &y);
  CHECK(found.count == 7);
  CHECK(found.x == &x);
  CHECK(found.absent == nullptr);
  CHECK(std::vector<int32_t>(found.strides, found.strides + 6) ==
        std::vector<int32_t>{-3, 4, 0, 0, 0, 0});
  CHECK(found.scale == 0.1F);
  CHECK(found.flag == 1);
}

}  // namespace
}  // namespace tdc::schedule
