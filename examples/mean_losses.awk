# Of a file of losses, the means over the first and the last tenth: single steps vary too much to say anything.
# Usage: awk -F, -f examples/mean_losses.awk LOSSES.csv
NR > 1 { loss[NR - 2] = $2 }
END {
  steps = NR - 1
  tenth = int((steps + 9) / 10)
  for (i = 0; i < tenth; i++) {
    first += loss[i] / tenth
    last += loss[steps - 1 - i] / tenth
  }
  printf "mean loss       %.3f over the first tenth of the steps, %.3f over the last\n", first, last
}
