tdl 1

use std.nn
use std.chips

/// A Compact Convolutional Transformer (CCT-2, 3x2 tokenizer) for 32x32 colour images.
net CCT(image: f32[3, 32, 32]) -> logits: f32[10] {
  x = image
    |> Conv2d(64, kernel: 3, padding: 1, bias: false) as tokenizer.conv0
    |> relu
    |> max_pool2d(kernel: 3, stride: 2, padding: 1)
    |> Conv2d(128, kernel: 3, padding: 1, bias: false) as tokenizer.conv1
    |> relu
    |> max_pool2d(kernel: 3, stride: 2, padding: 1)
    |> rearrange("c h w -> (h w) c")
  x = x + PositionalEmbedding(x) as pos
  repeat i in 0..2 {
    x = CctEncoder(x, heads: 2, hidden: 128) as blocks[i]
  }
  return LayerNorm(x) as norm |> SequencePool as pool |> Linear(10) as head
}

/// Full fine-tuning of both encoder blocks, the pooling and the head.
train ft2 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.01)
  freeze     **
  train      blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}}.weight, pool.**, head.**
}

/// The same with rank-4 adapters in place of the encoder matrices.
train lora2 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.01)
  batch      1 accumulate 8
  freeze     **
  lora       blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}} rank 4 alpha 4
  train      pool.**, head.**
}

deploy cluster on pulp_cluster {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
  allow   recompute
}
