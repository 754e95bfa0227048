nett N(x: f32[3]) -> y: f32[3] {
  return x
}
let a 5
// expect: syntax @ 1:1
// expect: syntax @ 4:7
