let a =  1
// expect: source-character @ 1:9
