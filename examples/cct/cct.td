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

/// Linear probing: the head alone.
train lp of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.01)
  freeze     **
  train      head.**
  assert     params(trainable) == 1_290
}

/// The matrices of the last encoder block, the pooling and the head.
train ft1 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.01)
  freeze     **
  train      blocks.1.{attn.{q,k,v,proj},mlp.{fc1,fc2}}.weight, pool.**, head.**
  assert     params(trainable) == 99_723
}

/// Full fine-tuning of both encoder blocks, the pooling and the head.
train ft2 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.01)
  freeze     **
  train      blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}}.weight, pool.**, head.**
  assert     params(trainable) == 198_027
}

/// Rank-4 adapters in place of the last block's matrices.
train lora1 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.01)
  freeze     **
  lora       blocks.1.{attn.{q,k,v,proj},mlp.{fc1,fc2}} rank 4 alpha 4
  train      pool.**, head.**
  assert     params(trainable) == 7_563
}

/// Rank-4 adapters in place of the matrices of both blocks.
train lora2 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.01)
  freeze     **
  lora       blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}} rank 4 alpha 4
  train      pool.**, head.**
  assert     params(trainable) == 13_707
}

/// Everything, from random weights: how the net was pre-trained on the source images.
train full of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  schedule   cosine(warmup: 300, steps: 5400)
  batch      8
}

/// Adapting to the shifted images on the chip: 96 images, each seen once.
train adapt of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.0025)
  schedule   linear(steps: 96)
  batch      1
  freeze     **
  train      blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}}.weight, pool.**, head.**
}

/// The same with adapters.
train adapt_lora of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  schedule   linear(steps: 96)
  batch      1
  freeze     **
  lora       blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}} rank 4 alpha 4
  train      pool.**, head.**
}

/// The same with pooling and head only: what the blocks are held against.
train adapt_pool of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  schedule   linear(steps: 96)
  batch      1
  freeze     **
  train      pool.**, head.**
}

/// The same with the head only.
train adapt_head of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  metric     accuracy(logits, label)
  optimizer  sgd(lr: 0.05)
  schedule   linear(steps: 96)
  batch      1
  freeze     **
  train      head.**
}

deploy cluster on pulp_cluster {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
  allow   recompute
}

deploy engine on pulp_cluster_engine {
  budget  L1 <= 128 KiB, L2 <= 2 MiB
}
