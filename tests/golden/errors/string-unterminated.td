use "blocks.td
// expect: string-unterminated @ 1:5
