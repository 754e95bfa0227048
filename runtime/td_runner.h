/* The device side of the runner protocol: a host feeds samples to a model and reads what comes out.
 *
 * The program that holds the model serves its two byte streams (`td_read`, `td_write`) until the
 * host says stop or hangs up. All numbers are little-endian; `u32` and `f32` are four bytes.
 *
 *   at start  ->  hello       u32 magic, version, status of init, then the eight sizes of
 *                             td_runner_sizes in their order
 *   <- u32 operation and its arguments, -> u32 status and, if that is TD_RUNNER_OK, the results:
 *
 *   operation           arguments                      results
 *   TD_RUNNER_TRAIN     train_input_bytes bytes        f32 loss, mean over the micro-batch
 *   TD_RUNNER_FLUSH     none                           none
 *   TD_RUNNER_EVAL      eval_input_bytes bytes         f32 loss, metrics x f32
 *   TD_RUNNER_INFER     infer_input_bytes bytes        result_bytes bytes
 *   TD_RUNNER_READ      u32 variable                   u32 elements, elements x f32
 *   TD_RUNNER_WRITE     u32 variable, u32 elements,    none
 *                       elements x f32
 *   TD_RUNNER_CYCLES    none                           u64 clock cycles spent in the model
 *   TD_RUNNER_STOP      none                           none; the program ends with status 0
 *
 * Inputs and results are the arrays of the model's function in the order of its parameters, dense,
 * with nothing between them. A status that is none of this file's is one of the model's own.
 */
#ifndef TD_RUNNER_H
#define TD_RUNNER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TD_RUNNER_MAGIC 0x4E524454u /* "TDRN" */
#define TD_RUNNER_VERSION 1u

enum {
  TD_RUNNER_TRAIN = 1,
  TD_RUNNER_FLUSH = 2,
  TD_RUNNER_EVAL = 3,
  TD_RUNNER_INFER = 4,
  TD_RUNNER_READ = 5,
  TD_RUNNER_WRITE = 6,
  TD_RUNNER_CYCLES = 7,
  TD_RUNNER_STOP = 8
};

enum {
  TD_RUNNER_OK = 0,
  TD_RUNNER_NO_FUNCTION = 256, /* the model has no such function */
  TD_RUNNER_NO_VARIABLE = 257, /* the index is too large, or the number of elements differs */
  TD_RUNNER_FROZEN = 258       /* the variable cannot be written */
};

/* Exit statuses of the program. */
enum {
  TD_RUNNER_EXIT_OK = 0,
  TD_RUNNER_EXIT_PROTOCOL = 3 /* an unknown operation, or a stream that ends within a message */
};

/* What both sides must agree about; sent with hello. Sizes of functions that the model lacks are 0.
 */
typedef struct {
  uint32_t train_input_bytes; /* one micro-batch */
  uint32_t eval_input_bytes;  /* one sample with its targets */
  uint32_t infer_input_bytes; /* one sample */
  uint32_t result_bytes;      /* of infer */
  uint32_t metrics;           /* numbers that eval gives besides the loss */
  uint32_t variables;
  uint32_t batch;      /* samples of a micro-batch */
  uint32_t accumulate; /* micro-batches of an update */
} td_runner_sizes;

typedef struct {
  const float* value;
  float* live; /* null if frozen */
  uint32_t elements;
} td_runner_variable;

/* A model behind untyped functions. All return a status of the model, 0 if all is well; those that
 * the model lacks are null. Buffers are aligned to 4 at least and do not overlap. */
typedef struct {
  td_runner_sizes sizes;
  uint8_t* input;   /* as many bytes as the largest of the three inputs */
  uint8_t* results; /* result_bytes bytes */
  float* metrics;   /* as many as sizes.metrics; null if none */
  uint32_t (*init)(void);
  uint32_t (*train_step)(const uint8_t* input, float* loss);
  uint32_t (*flush)(void);
  uint32_t (*eval)(const uint8_t* input, float* loss, float* metrics);
  uint32_t (*infer)(const uint8_t* input, uint8_t* results);
  td_runner_variable (*variable)(uint32_t index); /* index < sizes.variables */
} td_runner_model;

/* Initialises the model and serves the host. Returns the program's exit status. */
int td_runner(const td_runner_model* model);

#ifdef __cplusplus
}
#endif

#endif
