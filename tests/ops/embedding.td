tdl 1

net Embedding(index: class(6)[4], table: f32[6, 3]) -> y: f32[4, 3] {
  return embedding(index, table)
}
