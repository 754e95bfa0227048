tdl 1

net Mse(prediction: f32[30, 11], target: f32[30, 11]) -> y: f32[] {
  return mse(prediction, target)
}
