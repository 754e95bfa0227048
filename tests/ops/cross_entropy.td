tdl 1

net CrossEntropy(logits: f32[29, 10], label: class(10)[29]) -> y: f32[] {
  return cross_entropy(logits, label)
}
