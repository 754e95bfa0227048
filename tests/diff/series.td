tdl 1

use std.nn

/// Layers along one axis: convolutions of all kinds, poolings, a norm, and recurrences of all kinds behind each other.
net Series(series: f32[4, 25]) -> y: f32[3] {
  x = series
    |> Conv1d(6, kernel: 3, stride: 2, padding: 1, groups: 2) as conv
    |> tanh
    |> MaxPool1d(kernel: 3, stride: 1, padding: 1)
    |> InstanceNorm1d() as norm
    |> AvgPool1d(kernel: 2, stride: 1, padding: 1)
    |> Conv1d(5, kernel: 2, dilation: 3, bias: false) as wide
  rows = Gru(transpose(x), 6) as gru |> Lstm(5) as lstm
  h = GruCell(rows[9], tanh(x[0..4, 1])) as gru_cell
  h, c = LstmCell(rows[3], h, rows[6, 0..4]) as lstm_cell
  return concat([h, c], axis: 0) |> Linear(3) as head
}

train steps of Series {
  target     t: f32[3]
  loss       mse(y, t)
  optimizer  sgd(lr: 0.5)
  batch      2 accumulate 2
}

train update extends steps {
  optimizer  sgd(lr: 1.0)
}
