train a of N {
  optimiser sgd(lr: 0.1)
  batch x
  batch 4 acumulate 3
  lora ** rank
}
// expect: syntax @ 2:3
// expect: syntax @ 3:9
// expect: syntax @ 4:11
// expect: syntax @ 5:15
