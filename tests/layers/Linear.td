tdl 1

use std.nn

net Example(x: f32[4]) -> y: f32[10] {
  return Linear(x, 10) as head
}
