let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
let a
// expect: syntax @ 1:6
// expect: syntax @ 2:6
// expect: syntax @ 3:6
// expect: syntax @ 4:6
// expect: syntax @ 5:6
// expect: syntax @ 6:6
// expect: syntax @ 7:6
// expect: syntax @ 8:6
// expect: syntax @ 9:6
// expect: syntax @ 10:6
// expect: syntax @ 11:6
// expect: syntax @ 12:6
// expect: syntax @ 13:6
// expect: syntax @ 14:6
// expect: syntax @ 15:6
// expect: syntax @ 16:6
// expect: syntax @ 17:6
// expect: syntax @ 18:6
// expect: syntax @ 19:6
// expect: syntax @ 20:6
// expect: syntax @ 21:6
// expect: syntax @ 22:6
// expect: syntax @ 23:6
// expect: syntax @ 24:6
// expect: syntax @ 25:6
// expect: syntax @ 26:6
// expect: syntax @ 27:6
// expect: syntax @ 28:6
// expect: syntax @ 29:6
// expect: syntax @ 30:6
// expect: syntax @ 31:6
// expect: syntax @ 32:6
// expect: syntax @ 33:6
// expect: syntax @ 34:6
// expect: syntax @ 35:6
// expect: syntax @ 36:6
// expect: syntax @ 37:6
// expect: syntax @ 38:6
// expect: syntax @ 39:6
// expect: syntax @ 40:6
// expect: syntax @ 41:6
// expect: syntax @ 42:6
// expect: syntax @ 43:6
// expect: syntax @ 44:6
// expect: syntax @ 45:6
// expect: syntax @ 46:6
// expect: syntax @ 47:6
// expect: syntax @ 48:6
// expect: syntax @ 49:6
// expect: syntax @ 50:6
// expect: too-many-errors @ 52:1
