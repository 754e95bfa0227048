use "a\qb.td"
// expect: string-escape @ 1:7
