tdl 1

use std.nn

/// Dropouts behind a convolution, of features, and of weights.
net Drops(image: f32[2, 7, 5]) -> logits: f32[3] {
  x = Conv2d(image, 6, kernel: 3, padding: 1) as conv |> relu |> Dropout(p: 0.2) as drop1
  x = mean(x, axis: [1, 2]) |> Linear(9) as fc1 |> tanh |> Dropout as drop2
  param mixing: f32[4, 9] = uniform(0.5)
  mixed = Dropout(mixing, p: 0.4) as drop3
  return mixed @ x |> Linear(3) as head
}

train steps of Drops {
  target     label: class(3)
  loss       cross_entropy(logits, label)
  optimizer  sgd(lr: 0.05)
  batch      5
}

train update extends steps {
  optimizer  sgd(lr: 1.0)
}

/// Each micro-batch drops elements of its own.
train micro extends update {
  batch      2 accumulate 3
}
