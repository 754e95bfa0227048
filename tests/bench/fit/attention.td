tdl 1
use std.nn
use std.chips

net Attention(x: f32[40, 36]) -> y: f32[6] {
  x = x + PositionalEmbedding(x) as pos
  repeat i in 0..2 { x = CctEncoder(x, heads: 3, hidden: 80) as blocks[i] }
  return LayerNorm(x) as norm |> SequencePool as pool |> Linear(6) as head
}
train all of Attention {
  target     t: class(6)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
}
train adapters of Attention {
  target     t: class(6)
  loss       cross_entropy(y, t)
  optimizer  sgd(lr: 0.01)
  freeze     **
  lora       blocks.*.{attn.{q,k,v,proj},mlp.{fc1,fc2}} rank 6 alpha 6
  train      pool.**, head.**
}
deploy cluster on pulp_cluster {}
