# shellcheck shell=bash disable=SC2034 # ../learns.sh reads it
# MODEL STEPS METRIC AT_LEAST|AT_MOST LIMIT: the models here, and how well each does after how many updates.
models=(
  "resnet8 300 accuracy at_least 0.9"
  "ds_cnn 600 accuracy at_least 0.85"
  "mobilenet_v1 500 accuracy at_least 0.8"
  "deep_ae 2000 loss at_most 0.01"
)
