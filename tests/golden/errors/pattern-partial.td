train a of N {
  freeze conv*
  train a.b**
}
// expect: pattern-partial @ 2:14
// expect: pattern-partial @ 3:12
