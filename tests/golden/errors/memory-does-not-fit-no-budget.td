tdl 1

use std.nn
use std.chips

net N(x: f32[1000]) -> y: f32[1000] {
  return Linear(x, 1000) as a
}

deploy small on mcu_256k {
  allow  recompute
}
// expect: memory-does-not-fit @ 10:8
