tdl 1

use std.nn

net Example(x: f32[3, 5]) -> y: f32[3, 4] {
  return Lstm(x, hidden: 4) as lstm
}
