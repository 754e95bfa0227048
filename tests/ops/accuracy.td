tdl 1

net Accuracy(logits: f32[10], label: class(10), many: f32[40, 7], labels: class(7)[40]) -> y: f32[], z: f32[] {
  return accuracy(logits, label, k: 3), accuracy(many, labels)
}
