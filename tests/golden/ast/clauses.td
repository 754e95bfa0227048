tdl 1
use "./blocks.td"
weights from "a.npz" map { a.b = c.0.d  e.* = "f g" }
assert params(trainable) < 20_000

/// All clauses.
train a of N {
  target label: class(10)[t]
  loss cross_entropy(logits, label)
  metric accuracy(logits, label)
  metric top = accuracy(logits, label, k: 5)
  optimizer sgd(lr: 0.01, momentum: 0.9)
  schedule cosine(warmup: 10)
  batch 4 accumulate 8
  clip norm 1.0
  seed 42
  /// All of it.
  freeze **
  train blocks[0,2..4].{a,b.c}.*, !blocks.1.**, conv.weight[0:16], x[:4], y[2:] lr 0.1 decay 0
  lora a rank 4 alpha 8.0 dropout 0.1 mode fa init normal(0.1) lr_schedule constant()
  quantize ** int8
  weights from "b.safetensors"
  assert params(trainable) == 3
  expect loss < 0.1 after 50 steps
}
train b extends a { batch 1 }
deploy d on board {
  /// What the cores have.
  budget L1 <= 128 KiB, L2 <= 2 MiB
  allow recompute, tile
  emit infer, train
  page L3
  assert peak(L2) <= 1 MiB
}
chip board {
  /// The cores.
  cores 8
  memory L1, size: 64 KiB, access: 1
}
data digits for N {
  train npz("train.npz")
  mean [0.5, 0.5] as image
}
