tdl 1

// A kernel that is computed from the image would be another one for each sample of a batch.
net N(image: f32[2, 8, 8]) -> y: f32[1, 8, 8] {
  kernel = reshape(image, [64, 2])[0..9] |> transpose(axes: [1, 0]) |> reshape([1, 2, 3, 3])
  return conv2d(image, kernel, padding: 1)
}
// expect: operand-depends-on-sample @ 6:10
