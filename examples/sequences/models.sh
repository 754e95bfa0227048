# shellcheck shell=bash disable=SC2034 # ../learns.sh reads it
# MODEL STEPS METRIC AT_LEAST|AT_MOST LIMIT: the models here, and how well each does after how many updates.
models=(
  "kws 1200 accuracy at_least 0.95"
  "har 500 accuracy at_least 0.95"
  "speaker 2000 accuracy at_least 0.95"
  "char_gpt 4000 accuracy at_least 0.83"
)
