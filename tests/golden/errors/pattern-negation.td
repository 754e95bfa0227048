train a of N {
  freeze !a
}
// expect: pattern-negation @ 2:10
