/* A model for tests of the runner protocol, with everything a real one has and no mathematics: two
 * numbers and a label in, and a trained variable that adds up what it saw. Magic numbers in a
 * sample make it fail in the ways in which programs fail. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "td_platform.h"
#include "td_runner.h"

enum { kBatch = 2, kAccumulate = 3, kClasses = 4 };

static uint8_t input_buffer[kBatch * 12];
static uint8_t result_buffer[8];
static float metric_buffer[2];
static float sum[1];              /* of all images seen since the last update */
static float trained[2] = {1, 2}; /* number of updates; `sum` at the last one */
static const float frozen[3] = {10, 20, 30};
static uint32_t micro_batches;

static void misbehave(float what) {
  if (what == 1001) exit(7);
  if (what == 1002) {
    fputs("assertion failed: something\n", stderr);
    raise(SIGKILL);
  }
  if (what == 1003) {
    static const char text[] = "text where an answer belongs";
    td_write(text, sizeof text);
  }
  if (what == 1004)
    for (;;) {
    }
  if (what == 1005)
    for (int i = 0; i < 100000; ++i) fputs("much to say about this\n", stderr);
}

static float image(const uint8_t* input, uint32_t index) {
  float value;
  memcpy(&value, input + index * 4, 4);
  return value;
}

static uint32_t init(void) {
  return getenv("TDC_FAKE_INIT_STATUS") != NULL ? 5 : 0;
}

static void update(void) {
  trained[0] += 1;
  trained[1] = sum[0] / (float)micro_batches;
  sum[0] = 0;
  micro_batches = 0;
}

/* The loss is the mean of the images' first numbers plus a hundred times the last label. */
static uint32_t train_step(const uint8_t* input, float* loss) {
  misbehave(image(input, 0));
  if (image(input, 0) == 1000) return 9;
  if (image(input, 0) == 1006) return 3;
  int32_t label;
  memcpy(&label, input + kBatch * 8 + 4, 4);
  *loss = (image(input, 0) + image(input, 2)) / 2 + 100 * (float)label;
  sum[0] += *loss;
  if (++micro_batches == kAccumulate) update();
  return 0;
}

static uint32_t flush(void) {
  if (micro_batches > 0) update();
  return 0;
}

static uint32_t eval(const uint8_t* input, float* loss, float* metrics) {
  int32_t label;
  memcpy(&label, input + 8, 4);
  *loss = image(input, 0);
  metrics[0] = image(input, 1);
  metrics[1] = (float)label;
  return 0;
}

static uint32_t infer(const uint8_t* input, uint8_t* results) {
  const float swapped[2] = {image(input, 1), image(input, 0)};
  memcpy(results, swapped, sizeof swapped);
  return 0;
}

static td_runner_variable variable(uint32_t index) {
  return index == 0 ? (td_runner_variable){.value = trained, .live = trained, .elements = 2}
                    : (td_runner_variable){.value = frozen, .live = 0, .elements = 3};
}

int main(int argc, char** argv) {
  static td_runner_model model = {
      .sizes = {.train_input_bytes = kBatch * 12,
                .eval_input_bytes = 12,
                .infer_input_bytes = 8,
                .result_bytes = 8,
                .metrics = 2,
                .variables = 2,
                .batch = kBatch,
                .accumulate = kAccumulate},
      .input = input_buffer,
      .results = result_buffer,
      .metrics = metric_buffer,
      .init = init,
      .train_step = train_step,
      .flush = flush,
      .eval = eval,
      .infer = infer,
      .variable = variable,
  };
  if (argc > 1 && strcmp(argv[1], "--no-training") == 0) {
    model.train_step = 0;
    model.flush = 0;
  }
  return td_runner(&model);
}
