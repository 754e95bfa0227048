tdl 1

use std.nn

/// Blocks of convolution, relu and overlapping pooling, whose first tensors are the largest by far:
/// what strips (`compiler/schedule/group.h`) are for.
net Strips(image: f32[3, 32, 32]) -> logits: f32[10] {
  return image
    |> Conv2d(16, kernel: 3, padding: 1) as conv0
    |> relu
    |> max_pool2d(kernel: 3, stride: 2, padding: 1)
    |> Conv2d(24, kernel: 3, padding: 1) as conv1
    |> relu
    |> max_pool2d(kernel: 3, stride: 2, padding: 1)
    |> Conv2d(32, kernel: 3, padding: 1) as conv2
    |> relu
    |> max_pool2d(kernel: 2, stride: 2)
    |> rearrange("c h w -> (c h w)")
    |> Linear(10) as head
}

/// The first two blocks are frozen: nothing of them is kept for a backward pass.
train tail of Strips {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.05)
  freeze     conv0.**, conv1.**
}

/// Everything is trained: the gradients of pooling and relu go into weight gradients strip by strip.
train full of Strips {
  target     label: class(10)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.05)
}
