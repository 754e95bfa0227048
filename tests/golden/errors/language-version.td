tdl 2
// expect: language-version @ 1:5
