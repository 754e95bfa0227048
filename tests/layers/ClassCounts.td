tdl 1

use std.nn

net Example(x: f32[5, 4], label: class(3)[5]) -> hits: f32[], said: f32[], is: f32[] {
  logits = Linear(x, 3) as head
  hits, said, is = ClassCounts(logits, label, positive: 1)
  return hits, said, is
}
