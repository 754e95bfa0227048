net N(x: f32[3]) -> y: f32[3] {
  let if = 3
  return param
}
// expect: reserved-word @ 2:7
// expect: reserved-word @ 3:10
