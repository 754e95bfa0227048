tdl 1
block Early(x: f32[n]) -> f32[n] {
  repeat i in 0..3 {
    return x * i
  }
}
// expect: return-in-repeat @ 4:12
