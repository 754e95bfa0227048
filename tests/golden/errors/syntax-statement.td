net N(x: f32[3]) -> y: f32[3] {
  5 = x
  let a 5
  return = x
  q = ,
}
// expect: syntax @ 2:3
// expect: syntax @ 3:9
// expect: reserved-word @ 4:3
// expect: syntax @ 5:7
