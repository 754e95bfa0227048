// SYNTAX TEST "source.tdl" "words that are names, names like words, texts like comments"
tdl 1
// <--- keyword.control.directive.tdl
use std.nn
// <--- keyword.control.import.tdl
//  ^^^^^^ entity.name.namespace.tdl
/// doc with "quotes" and // more
// <----- comment.line.documentation.tdl
//// a line of slashes is an ordinary comment
// <----- comment.line.double-slash.tdl
net Net(train: f32[3], lr: f32[batch]) -> loss: f32[2] {
// <--- storage.type.tdl
//  ^^^ entity.name.type.tdl
//                                        ^^^^ variable.parameter.tdl
//             ^^^ support.type.tdl
//                     ^^ variable.parameter.tdl
//                                     ^^ keyword.operator.arrow.tdl
//                                        ^^^^ variable.parameter.tdl
  y = train |> Linear(2) as loss.train |> relu // "no text"
//          ^^ keyword.operator.pipe.tdl
//             ^^^^^^ entity.name.type.block.tdl
//                       ^^ keyword.other.tdl
//                          ^^^^^^^^^^ variable.other.property.tdl
//                                        ^^^^ entity.name.function.tdl
//                                             ^^ comment.line.double-slash.tdl
  require n == 1_290, "not // a comment, {n} and \" \\"
//^^^^^^^ keyword.control.tdl
//             ^^^^^ constant.numeric.tdl
//                    ^^^^^^^^^^^^^^^^^^ string.quoted.double.tdl
//                                       ^^^ constant.other.placeholder.tdl
//                                               ^^ constant.character.escape.tdl
  repeat i in 0..2 {
//^^^^^^ keyword.control.tdl
//         ^^ keyword.control.tdl
//            ^ constant.numeric.tdl
//             ^^ keyword.operator.range.tdl
//               ^ constant.numeric.tdl
  }
}
train digits of Net {
// <----- storage.type.tdl
//    ^^^^^^ entity.name.section.tdl
//           ^^ keyword.other.tdl
//              ^^^ entity.name.type.tdl
  optimizer sgd(lr: 1e-3)
//^^^^^^^^^ keyword.other.clause.tdl
//          ^^^ entity.name.function.tdl
//              ^^ variable.parameter.tdl
//                  ^^^^ constant.numeric.tdl
  train head.weights, blocks.*.train
//^^^^^ keyword.other.clause.tdl
//           ^^^^^^^ - keyword.other.clause.tdl
//                             ^^^^^ - keyword.other.clause.tdl
}
deploy cluster on pulp_cluster {
// <------ storage.type.tdl
  budget L1 <= 128 KiB, L2 <= 1.5MiB
//          ^^ keyword.operator.comparison.tdl
//             ^^^ constant.numeric.tdl
//                 ^^^ keyword.other.unit.tdl
//                            ^^^ constant.numeric.tdl
//                               ^^^ keyword.other.unit.tdl
}
