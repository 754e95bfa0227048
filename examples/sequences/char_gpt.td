tdl 1

use std.nn
use std.chips

/// A small transformer that reads 32 characters and says for each which one comes next.
net CharGpt(tokens: class(28)[32]) -> logits: f32[32, 28] {
  x = Embedding(tokens, 28, 32) as token
  x = x + PositionalEmbedding(x) as position
  repeat i in 0..2 {
    x = TransformerEncoder(x, heads: 4, hidden: 64, causal: true) as blocks[i]
  }
  return LayerNorm(x) as norm |> Linear(28) as head
}

/// All of it, from nothing.
train full of CharGpt {
  target     next: class(28)[32]
  loss       cross_entropy(logits, next)
  metric     accuracy(logits, next)
  metric     perplexity = exp(cross_entropy(logits, next))
  optimizer  sgd(lr: 0.1)
  schedule   cosine(warmup: 100, steps: 4000)
  batch      1
}

/// For another text: adapters in the attention, and the head.
train adapt of CharGpt {
  target     next: class(28)[32]
  loss       cross_entropy(logits, next)
  metric     accuracy(logits, next)
  optimizer  sgd(lr: 0.05)
  batch      1
  freeze     **
  lora       blocks.*.attn.{q,k,v,proj} rank 4
  train      head.**
}

deploy mcu on mcu_256k {
  budget  RAM <= 256 KiB
}
