tdl 1

net Accuracy(logits: f32[10], label: class(10)) -> y: f32[] {
  return accuracy(logits, label, k: 3)
}
