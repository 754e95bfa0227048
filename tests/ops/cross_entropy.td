tdl 1

net CrossEntropy(logits: f32[4, 10], label: class(10)[4]) -> y: f32[] {
  return cross_entropy(logits, label)
}
