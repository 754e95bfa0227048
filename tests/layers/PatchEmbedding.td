tdl 1

use std.nn

net Example(x: f32[3, 8, 8]) -> y: f32[4, 16] {
  return PatchEmbedding(x, 16, patch: 4) as patches
}
