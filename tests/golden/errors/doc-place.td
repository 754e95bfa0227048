let a = 3 /// three
let b = a +
  /// what is added
  a
// expect: doc-place @ 1:11
// expect: doc-place @ 3:3
