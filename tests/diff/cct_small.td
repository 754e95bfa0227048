tdl 1

use std.nn

/// The net of the manual's section 2 on 8x8 images, 16 wide.
net CCT(image: f32[3, 8, 8]) -> logits: f32[10] {
  x = image
    |> Conv2d(8, kernel: 3, padding: 1, bias: false) as tokenizer.conv0
    |> relu
    |> max_pool2d(kernel: 3, stride: 2, padding: 1)
    |> Conv2d(16, kernel: 3, padding: 1, bias: false) as tokenizer.conv1
    |> relu
    |> max_pool2d(kernel: 3, stride: 2, padding: 1)
    |> rearrange("c h w -> (h w) c")
  x = x + PositionalEmbedding(x) as pos
  repeat i in 0..2 {
    x = CctEncoder(x, heads: 2, hidden: 16) as blocks[i]
  }
  return LayerNorm(x) as norm |> SequencePool as pool |> Linear(10) as head
}

train lp of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  freeze     **
  train      head.**
}

train ft1 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  freeze     **
  train      blocks.1.{attn.{q,k,v,proj},mlp.{fc1,fc2}}.weight, pool.**, head.**
}

train ft2 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  freeze     **
  train      blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}}.weight, pool.**, head.**
}

train lora1 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  freeze     **
  lora       blocks.1.{attn.{q,k,v,proj},mlp.{fc1,fc2}} rank 4 alpha 4
  train      pool.**, head.**
}

train lora2 of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  freeze     **
  lora       blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}} rank 4 alpha 4
  train      pool.**, head.**
}

/// For the ten steps with accumulation.
train lora2_steps of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
  batch      1 accumulate 4
  freeze     **
  lora       blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}} rank 4 alpha 4
  train      pool.**, head.**
}

train full of CCT {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 1.0)
}
