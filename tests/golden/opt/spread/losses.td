tdl 1

// The loss of one sample, the sum of all, the means of three columns and the largest of all are made
// in parts, a loss of several rows row by row. Four means are fewer than eight, but of few elements,
// and so is a loss of two rows.
net N(x: f32[16, 20], t: f32[16, 20], z: f32[300, 3], logits: f32[30, 9], label: class(9)[30],
      few: f32[2, 9], label_of_few: class(9)[2])
    -> a: f32[], b: f32[], c: f32[3], d: f32[], e: f32[], f: f32[4], g: f32[],
       h: f32[] {
  return mse(x, t), sum(x), mean(z, axis: 0), max(x), cross_entropy(logits, label),
         mean(x[0..4], axis: 1), accuracy(logits, label),
         cross_entropy(few, label_of_few)
}
