tdl 1

use std.nn

net Example(x: f32[5]) -> y: f32[5] {
  return Dropout(x, p: 0.2) as drop
}
