#include "schedule/text.h"

#include <doctest/doctest.h>

#include "schedules.h"

namespace tdc::schedule {
namespace {

TEST_CASE("the dump of a schedule") {
  test::ScheduleBuilder b;
  const BufferId w = b.variable("fc.weight", {3, 2});
  b.entry_point("train_step");
  const BufferId x = b.input("x", {1, 2});
  const BufferId y = b.output("loss", {3});
  const BufferId h = b.temporary("h", {1, 3});
  const BufferId r = b.alias("r", h);
  const BufferId tile = b.temporary("tile", {1});
  b.schedule().buffers[tile].level = test::kL1;
  b.launch("matmul", {x, w, {}}, {h}, {{"transpose_b", true}});
  b.launch("relu", {h}, {r});
  b.copy(b.slice(r, 1, 1), b.whole(tile), TicketId{0});
  b.wait(TicketId{0});
  Launch& launch = b.launch_views("relu", {b.whole(tile)},
                                  {{.buffer = y, .offset = 2, .extent = {1}, .stride = {1}}});
  launch.context.phase = ir::Phase::loss;
  b.entry_point("apply");
  b.launch_views("add", {whole(w, {6}), whole(w, {6})}, {whole(b.next_version(w), {6})})
      .context.phase = ir::Phase::update;
  b.view(b.node("transpose", {{b.value(w), {3, 2}}}, {2, 3}));
  CHECK(to_text(b.schedule(), test::two_level_chip()) == R"(variables
  v0 fc.weight: f32[3, 2], parameter, trained
buffers
  b0 fc.weight: f32[3, 2], variable v0, L2
  b1 x: f32[1, 2], argument
  b2 loss: f32[3], argument
  b3 h: f32[1, 3], temporary, L2
  b4 r: f32[1, 3], temporary, L2, in the memory of b3
  b5 tile: f32[1], temporary, L1
  b6 fc.weight': f32[3, 2], variable v0, L2, in the memory of b0
entry point train_step(x: b1 %0) -> (loss: b2 %6), batch 1
  reads v0 %2
  0 forward: matmul(b1 %0, b0 %2, -) -> b3 %3 {reduce: false, transpose_a: false, transpose_b: true}
  1 forward: relu(b3 %3) -> b4 %4
  2 copy b4[1] from 1 stride [1] -> b5 as t0
  3 wait t0
  4 loss: relu(b5 %5) -> b2[1] from 2 stride [1] %6
entry point apply() -> (), batch 1
  reads v0 %7
  writes v0 %8
  view %9 = transpose(%7) {axes: [1, 0]}
  5 update: add(b0[6] %7, b0[6] %7) -> b6[6] %8
)");
}

}  // namespace
}  // namespace tdc::schedule
