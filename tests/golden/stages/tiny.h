/* Tiny, trained by `step`, for host. Written by tdc.
 *
 * Arrays are dense and row-major, float is IEEE single precision. Nothing here allocates, and
 * all state is static: call from one thread of one core. Pointers must be aligned to 4 and
 * must not overlap each other.
 */
#ifndef TDC_TINY_H
#define TDC_TINY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the arenas; report.json has the same numbers. */
#define TINY_memory_BYTES 280

#define TINY_BATCH 2 /* samples of one tiny_train_step */
#define TINY_ACCUMULATE 3 /* calls of it for one update */
#define TINY_VARIABLES 3

/* With every status but the first nothing was done. */
typedef enum {
  TINY_OK = 0, /* all is well */
  TINY_NOT_READY = 1, /* the model was not initialised */
  TINY_NULL_POINTER = 2, /* an argument is null */
  TINY_OUT_OF_RANGE = 3, /* a class number is not one of its classes */
} tiny_status;

/* May be null: all zero. */
typedef struct {
  uint64_t seed; /* of what is random at run time; this net has nothing of that kind */
} tiny_config;

/* What lives between calls. Read and write it between calls only. */
typedef struct {
  const char* path;   /* as in the .td file */
  const float* value; /* the elements */
  float* live;        /* the same, to write; null if frozen */
  uint32_t elements;
  uint32_t rank;
  int32_t dims[2];
} tiny_variable;
extern const tiny_variable tiny_variables[TINY_VARIABLES];

/* Puts every trained weight back to its initial image; counters start again. Call it first. */
tiny_status tiny_init(const tiny_config* config);

/* The net's results for one sample.
 *   x_in: f32[1, 3]
 *   y_out: f32[1, 2]
 */
tiny_status tiny_infer(const float* x_in, float* y_out);

/* Loss and metrics of one sample. No side effects.
 *   x_in: f32[1, 3]
 *   t_in: f32[1, 2]
 *   loss: f32[1]
 */
tiny_status tiny_eval(const float* x_in, const float* t_in, float* loss);

/* One micro-batch; every TINY_ACCUMULATE-th call updates the weights. The loss is the
 * mean over the micro-batch, before the update.
 *   x_in: f32[2, 3]
 *   t_in: f32[2, 2]
 *   loss: f32
 */
tiny_status tiny_train_step(const float* x_in, const float* t_in, float* loss);

/* Applies a group of micro-batches that is not full yet, with its true mean. Does nothing
 * if there is none. */
tiny_status tiny_flush(void);

#ifdef __cplusplus
}
#endif

#endif
