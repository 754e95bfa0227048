tdl 1

net Mse(prediction: f32[3, 5], target: f32[3, 5]) -> y: f32[] {
  return mse(prediction, target)
}
