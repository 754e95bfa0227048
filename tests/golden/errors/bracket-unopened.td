net N(x: f32[3]) -> y: f32[3] {
  return x
}
}
// expect: bracket-unopened @ 4:1
