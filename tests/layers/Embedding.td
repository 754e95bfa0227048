tdl 1

use std.nn

net Example(word: class(20)[6]) -> y: f32[6, 8] {
  return Embedding(word, count: 20, width: 8) as words
}
