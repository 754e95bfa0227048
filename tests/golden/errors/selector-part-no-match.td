tdl 1
use std.nn
net N(x: f32[4]) -> y: f32[3] { return Linear(x, 8) as body |> relu |> Linear(3) as head }
train t of N {
  target     label: class(3)
  loss       cross_entropy(y, label)
  optimizer  sgd(lr: 0.1)
  freeze     **
  train      {head,boddy}.{weight,bias}, *.{bias,{weight,scale}}
  train      **, !{head.{weight,b},body.weight}
}
// expect: selector-part-no-match @ 9:20
// expect: selector-part-no-match @ 9:58
// expect: selector-part-no-match @ 10:33
