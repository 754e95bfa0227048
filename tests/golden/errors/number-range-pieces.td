block A(x: , k: f32 = 1e999) -> f32[4] { return x }
chip c {
  memory     SRAM size: +
  cores      1e999
}
train t of N {
  weights    from "a" map {
    a. = "x"
    b[0..9223372036854775808] = "x"
  }
}
// expect: syntax @ 1:12
// expect: number-range @ 1:23
// expect: syntax @ 3:19
// expect: number-range @ 4:14
// expect: syntax @ 8:8
// expect: number-range @ 9:10
