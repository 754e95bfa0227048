tdl 1

use std.nn

// The convolution's result is four times as large as what follows it, so it is made in strips.
net Small(image: f32[2, 32, 32]) -> y: f32[4, 16, 16] {
  return image |> Conv2d(4, kernel: 3, padding: 1) as conv |> relu |> max_pool2d(kernel: 3, stride: 2, padding: 1)
}
