// Precedence (expr-1): each line shows one pair of neighbours, and what binds tighter.
let pipe = a + b |> f
let pipes = a |> f |> g(1) as p
let either = a or b and c
let both = not a and b
let inverted = not not a == b
let compared = a..b == c
let ranges = a + 1..b * 2
let sums = a - b + c
let products = a * b / c % d @ e
let negated = -a * -b
let negated_twice = - - a
let called = -f(x)[0, .., 1:, :2, 3:4, 5..6, :]
let named = x + P(x) as pos
let labelled = f(x, if: 1, axis: [1, 2], keep: true,)
let bracketed = (a + b) * (c)
let tuples = ((1, 2), (3,), [])
let literals = [1_000, 0.5, 1e-3, 2E3, 64 KiB, 150ms, 1.5 GHz, "a\n\"\{\\", false]
let continued = a
  - b
let words = train + loss + in + shared
