train a of N {
  train a[0:4].b, c[1, 2:3]
}
// expect: pattern-slice @ 2:11
// expect: pattern-slice @ 2:24
