/* How the numbers of a data file or a sensor become an input of a net. Programs on the chip and the
 * host that feeds a run include the same lines, so that both give the same bits. */
#ifndef TD_INPUT_H
#define TD_INPUT_H

#include <stdint.h>

/* `deviation` is more than 0. */
static inline float td_scaled(float value, float mean, float deviation) {
  return (value - mean) / deviation;
}

/* A byte stands for 0 to 1. */
static inline float td_scaled_byte(uint8_t byte, float mean, float deviation) {
  return td_scaled((float)byte / 255.0f, mean, deviation);
}

#endif
