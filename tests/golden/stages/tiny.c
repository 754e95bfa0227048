/* Tiny: see tdc/tiny.h. Written by tdc. */
#include "tdc/tiny.h"

#include "td_kernels.h"
#include "td_platform.h"

extern const float tiny_initial_0[12];
extern const float tiny_initial_1[4];
extern const float tiny_initial_2[8];

/* Live variables and everything between the steps of an entry point. */
static uint8_t tiny_arena_memory[TINY_memory_BYTES] TD_MEMORY(memory);

static struct {
  uint32_t is_ready;
  uint32_t updates;       /* done since init */
  uint32_t micro_batches; /* summed since the last update */
} state TD_MEMORY(memory);

/* What an update reads at run time. */
static struct {
  float learning_rate;
  float inverse_count; /* 1 / number of samples whose gradients were summed */
} scalars TD_MEMORY(memory);

static const char path_0[16] TD_CONSTANT(memory) = "hidden.weight";
static const char path_1[12] TD_CONSTANT(memory) = "hidden.bias";
static const char path_2[12] TD_CONSTANT(memory) = "out.weight";

const tiny_variable tiny_variables[TINY_VARIABLES] TD_CONSTANT(memory) = {
    {.path = path_0,
     .value = (float*)(void*)(tiny_arena_memory + 0),
     .live = (float*)(void*)(tiny_arena_memory + 0),
     .elements = 12,
     .rank = 2,
     .dims = {4, 3}},
    {.path = path_1,
     .value = (float*)(void*)(tiny_arena_memory + 48),
     .live = (float*)(void*)(tiny_arena_memory + 48),
     .elements = 4,
     .rank = 1,
     .dims = {4}},
    {.path = path_2,
     .value = (float*)(void*)(tiny_arena_memory + 64),
     .live = (float*)(void*)(tiny_arena_memory + 64),
     .elements = 8,
     .rank = 2,
     .dims = {2, 4}},
};

static void run_td_add_f32(const void* args, td_team team) {
  td_add_f32((const td_add_f32_args*)args, team);
}
static void run_td_fill_f32(const void* args, td_team team) {
  td_fill_f32((const td_fill_f32_args*)args, team);
}
static void run_td_matmul_f32(const void* args, td_team team) {
  td_matmul_f32((const td_matmul_f32_args*)args, team);
}
static void run_td_mean_f32(const void* args, td_team team) {
  td_mean_f32((const td_mean_f32_args*)args, team);
}
static void run_td_mse_f32(const void* args, td_team team) {
  td_mse_f32((const td_mse_f32_args*)args, team);
}
static void run_td_mse_grad_f32(const void* args, td_team team) {
  td_mse_grad_f32((const td_mse_grad_f32_args*)args, team);
}
static void run_td_relu_f32(const void* args, td_team team) {
  td_relu_f32((const td_relu_f32_args*)args, team);
}
static void run_td_relu_grad_f32(const void* args, td_team team) {
  td_relu_grad_f32((const td_relu_grad_f32_args*)args, team);
}
static void run_td_sgd_update_f32(const void* args, td_team team) {
  td_sgd_update_f32((const td_sgd_update_f32_args*)args, team);
}
static void run_td_sum_to_f32(const void* args, td_team team) {
  td_sum_to_f32((const td_sum_to_f32_args*)args, team);
}

static void fill_zero(float* to, uint32_t elements) {
  for (uint32_t i = 0; i < elements; ++i) to[i] = 0.0f;
}

tiny_status tiny_init(const tiny_config* config) {
  (void)config; /* nothing here is random */
  td_dma_copy((float*)(void*)(tiny_arena_memory + 0), tiny_initial_0, 48, 1, 0, 0); /* hidden.weight */
  td_dma_copy((float*)(void*)(tiny_arena_memory + 48), tiny_initial_1, 16, 1, 0, 0); /* hidden.bias */
  td_dma_copy((float*)(void*)(tiny_arena_memory + 64), tiny_initial_2, 32, 1, 0, 0); /* out.weight */
  fill_zero((float*)(void*)(tiny_arena_memory + 96), 12); /* gradient(hidden.weight) */
  fill_zero((float*)(void*)(tiny_arena_memory + 144), 4); /* gradient(hidden.bias) */
  fill_zero((float*)(void*)(tiny_arena_memory + 160), 8); /* gradient(out.weight) */
  td_dma_wait_all();
  state.updates = 0;
  state.micro_batches = 0;
  state.is_ready = 1;
  return TINY_OK;
}

/* The learning rate of update number `update`, counted from 0. */
static float learning_rate(uint32_t update) {
  (void)update;
  return 0x1.99999ap-4f;
}

/* One update with the mean over everything summed, which is then cleared. */
static void apply(void) {
  scalars.learning_rate = learning_rate(state.updates);
  scalars.inverse_count = 1.0f / (float)(state.micro_batches * TINY_BATCH);
  { /* 22: hidden.weight (sgd_update, update): f32[4, 3], tiny.td:10 */
    static const td_sgd_update_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 0),
        .w = (float*)(void*)(tiny_arena_memory + 0),
        .g = (float*)(void*)(tiny_arena_memory + 96),
        .lr = &scalars.learning_rate,
        .inverse_count = &scalars.inverse_count,
        .rows = 1,
        .columns = 12,
        .y_row = 0,
        .w_row = 0,
        .g_row = 0};
    TD_MARK(22);
    td_team_run(run_td_sgd_update_f32, &args);
  }
  { /* 23: hidden.bias (sgd_update, update): f32[4], tiny.td:10 */
    static const td_sgd_update_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 48),
        .w = (float*)(void*)(tiny_arena_memory + 48),
        .g = (float*)(void*)(tiny_arena_memory + 144),
        .lr = &scalars.learning_rate,
        .inverse_count = &scalars.inverse_count,
        .rows = 1,
        .columns = 4,
        .y_row = 0,
        .w_row = 0,
        .g_row = 0};
    TD_MARK(23);
    td_team_run(run_td_sgd_update_f32, &args);
  }
  { /* 24: out.weight (sgd_update, update): f32[2, 4], tiny.td:10 */
    static const td_sgd_update_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 64),
        .w = (float*)(void*)(tiny_arena_memory + 64),
        .g = (float*)(void*)(tiny_arena_memory + 160),
        .lr = &scalars.learning_rate,
        .inverse_count = &scalars.inverse_count,
        .rows = 1,
        .columns = 8,
        .y_row = 0,
        .w_row = 0,
        .g_row = 0};
    TD_MARK(24);
    td_team_run(run_td_sgd_update_f32, &args);
  }
  { /* 25: constant (update): f32[4, 3], tiny.td:10 */
    static const td_fill_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 96),
        .value = 0.0f,
        .rank = 1,
        .extent = {12},
        .y_stride = {1}};
    TD_MARK(25);
    td_team_run(run_td_fill_f32, &args);
  }
  { /* 26: constant (update): f32[4], tiny.td:10 */
    static const td_fill_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 144),
        .value = 0.0f,
        .rank = 1,
        .extent = {4},
        .y_stride = {1}};
    TD_MARK(26);
    td_team_run(run_td_fill_f32, &args);
  }
  { /* 27: constant (update): f32[2, 4], tiny.td:10 */
    static const td_fill_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 160),
        .value = 0.0f,
        .rank = 1,
        .extent = {8},
        .y_stride = {1}};
    TD_MARK(27);
    td_team_run(run_td_fill_f32, &args);
  }
  state.micro_batches = 0;
  ++state.updates;
}

tiny_status tiny_infer(const float* x_in, float* y_out) {
  if (!state.is_ready) return TINY_NOT_READY;
  if (x_in == 0 || y_out == 0) return TINY_NULL_POINTER;
  { /* 0: matmul (forward): f32[1, 1, 4], std.nn:7 */
    const td_matmul_f32_args args = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = x_in,
        .b = (float*)(void*)(tiny_arena_memory + 0),
        .outer = 1,
        .batch = 1,
        .m = 1,
        .n = 4,
        .k = 3,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 4,
        .y_col = 1,
        .a_row = 3,
        .a_col = 1,
        .b_row = 1,
        .b_col = 3,
        .accumulate = 0};
    TD_MARK(0);
    td_team_run(run_td_matmul_f32, &args);
  }
  { /* 1: hidden (add, forward): f32[1, 4], std.nn:10 */
    static const td_add_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .b = (float*)(void*)(tiny_arena_memory + 48),
        .rank = 1,
        .extent = {4},
        .y_stride = {1},
        .a_stride = {1},
        .b_stride = {1}};
    TD_MARK(1);
    td_team_run(run_td_add_f32, &args);
  }
  { /* 2: relu (forward): f32[1, 4], tiny.td:7 */
    static const td_relu_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .rank = 1,
        .extent = {4},
        .y_stride = {1},
        .a_stride = {1}};
    TD_MARK(2);
    td_team_run(run_td_relu_f32, &args);
  }
  { /* 3: matmul (forward): f32[1, 1, 2], std.nn:7 */
    const td_matmul_f32_args args = {
        .y = y_out,
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .b = (float*)(void*)(tiny_arena_memory + 64),
        .outer = 1,
        .batch = 1,
        .m = 1,
        .n = 2,
        .k = 4,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 2,
        .y_col = 1,
        .a_row = 4,
        .a_col = 1,
        .b_row = 1,
        .b_col = 4,
        .accumulate = 0};
    TD_MARK(3);
    td_team_run(run_td_matmul_f32, &args);
  }
  return TINY_OK;
}

tiny_status tiny_eval(const float* x_in, const float* t_in, float* loss) {
  if (!state.is_ready) return TINY_NOT_READY;
  if (x_in == 0 || t_in == 0 || loss == 0) return TINY_NULL_POINTER;
  { /* 4: matmul (forward): f32[1, 1, 4], std.nn:7 */
    const td_matmul_f32_args args = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = x_in,
        .b = (float*)(void*)(tiny_arena_memory + 0),
        .outer = 1,
        .batch = 1,
        .m = 1,
        .n = 4,
        .k = 3,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 4,
        .y_col = 1,
        .a_row = 3,
        .a_col = 1,
        .b_row = 1,
        .b_col = 3,
        .accumulate = 0};
    TD_MARK(4);
    td_team_run(run_td_matmul_f32, &args);
  }
  { /* 5: hidden (add, forward): f32[1, 4], std.nn:10 */
    static const td_add_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .b = (float*)(void*)(tiny_arena_memory + 48),
        .rank = 1,
        .extent = {4},
        .y_stride = {1},
        .a_stride = {1},
        .b_stride = {1}};
    TD_MARK(5);
    td_team_run(run_td_add_f32, &args);
  }
  { /* 6: relu (forward): f32[1, 4], tiny.td:7 */
    static const td_relu_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .rank = 1,
        .extent = {4},
        .y_stride = {1},
        .a_stride = {1}};
    TD_MARK(6);
    td_team_run(run_td_relu_f32, &args);
  }
  { /* 7: matmul (forward): f32[1, 1, 2], std.nn:7 */
    static const td_matmul_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 208),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .b = (float*)(void*)(tiny_arena_memory + 64),
        .outer = 1,
        .batch = 1,
        .m = 1,
        .n = 2,
        .k = 4,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 2,
        .y_col = 1,
        .a_row = 4,
        .a_col = 1,
        .b_row = 1,
        .b_col = 4,
        .accumulate = 0};
    TD_MARK(7);
    td_team_run(run_td_matmul_f32, &args);
  }
  { /* 8: mse (loss): f32[1], tiny.td:12 */
    const td_mse_f32_args args = {
        .loss = loss,
        .x = (float*)(void*)(tiny_arena_memory + 208),
        .target = t_in,
        .rows = 1,
        .columns = 2,
        .x_row = 2,
        .target_row = 2};
    TD_MARK(8);
    td_team_run(run_td_mse_f32, &args);
  }
  return TINY_OK;
}

tiny_status tiny_train_step(const float* x_in, const float* t_in, float* loss) {
  if (!state.is_ready) return TINY_NOT_READY;
  if (x_in == 0 || t_in == 0 || loss == 0) return TINY_NULL_POINTER;
  { /* 9: matmul (forward): f32[2, 1, 4], std.nn:7 */
    const td_matmul_f32_args args = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = x_in,
        .b = (float*)(void*)(tiny_arena_memory + 0),
        .outer = 1,
        .batch = 1,
        .m = 2,
        .n = 4,
        .k = 3,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 4,
        .y_col = 1,
        .a_row = 3,
        .a_col = 1,
        .b_row = 1,
        .b_col = 3,
        .accumulate = 0};
    TD_MARK(9);
    td_team_run(run_td_matmul_f32, &args);
  }
  { /* 10: hidden (add, forward): f32[2, 4], std.nn:10 */
    static const td_add_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .b = (float*)(void*)(tiny_arena_memory + 48),
        .rank = 2,
        .extent = {2, 4},
        .y_stride = {4, 1},
        .a_stride = {4, 1},
        .b_stride = {0, 1}};
    TD_MARK(10);
    td_team_run(run_td_add_f32, &args);
  }
  { /* 11: relu (forward): f32[2, 4], tiny.td:7 */
    static const td_relu_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .rank = 1,
        .extent = {8},
        .y_stride = {1},
        .a_stride = {1}};
    TD_MARK(11);
    td_team_run(run_td_relu_f32, &args);
  }
  { /* 12: matmul (forward): f32[2, 1, 2], std.nn:7 */
    static const td_matmul_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 224),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .b = (float*)(void*)(tiny_arena_memory + 64),
        .outer = 1,
        .batch = 1,
        .m = 2,
        .n = 2,
        .k = 4,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 2,
        .y_col = 1,
        .a_row = 4,
        .a_col = 1,
        .b_row = 1,
        .b_col = 4,
        .accumulate = 0};
    TD_MARK(12);
    td_team_run(run_td_matmul_f32, &args);
  }
  { /* 13: mse (loss): f32[2], tiny.td:12 */
    const td_mse_f32_args args = {
        .loss = (float*)(void*)(tiny_arena_memory + 272),
        .x = (float*)(void*)(tiny_arena_memory + 224),
        .target = t_in,
        .rows = 2,
        .columns = 2,
        .x_row = 2,
        .target_row = 2};
    TD_MARK(13);
    td_team_run(run_td_mse_f32, &args);
  }
  { /* 14: constant (backward): f32[2], tiny.td:12 */
    static const td_fill_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 240),
        .value = 0x1p+0f,
        .rank = 1,
        .extent = {2},
        .y_stride = {1}};
    TD_MARK(14);
    td_team_run(run_td_fill_f32, &args);
  }
  { /* 15: mse_grad (backward): f32[2, 2], tiny.td:12 */
    const td_mse_grad_f32_args args = {
        .dx = (float*)(void*)(tiny_arena_memory + 224),
        .x = (float*)(void*)(tiny_arena_memory + 224),
        .target = t_in,
        .dloss = (float*)(void*)(tiny_arena_memory + 240),
        .columns = 2,
        .rank = 2,
        .extent = {2, 2},
        .dx_stride = {2, 1},
        .x_stride = {2, 1},
        .target_stride = {2, 1},
        .dloss_stride = {1, 0}};
    TD_MARK(15);
    td_team_run(run_td_mse_grad_f32, &args);
  }
  { /* 16: gradient(out.weight) (matmul, backward): f32[2, 4], std.nn:7 */
    static const td_matmul_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 160),
        .a = (float*)(void*)(tiny_arena_memory + 224),
        .b = (float*)(void*)(tiny_arena_memory + 192),
        .outer = 1,
        .batch = 1,
        .m = 2,
        .n = 4,
        .k = 2,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 4,
        .y_col = 1,
        .a_row = 1,
        .a_col = 2,
        .b_row = 4,
        .b_col = 1,
        .accumulate = 1};
    TD_MARK(16);
    td_team_run(run_td_matmul_f32, &args);
  }
  { /* 17: matmul (backward): f32[2, 1, 4], std.nn:7 */
    static const td_matmul_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 240),
        .a = (float*)(void*)(tiny_arena_memory + 224),
        .b = (float*)(void*)(tiny_arena_memory + 64),
        .outer = 1,
        .batch = 1,
        .m = 2,
        .n = 4,
        .k = 2,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 4,
        .y_col = 1,
        .a_row = 2,
        .a_col = 1,
        .b_row = 4,
        .b_col = 1,
        .accumulate = 0};
    TD_MARK(17);
    td_team_run(run_td_matmul_f32, &args);
  }
  { /* 18: relu_grad (backward): f32[2, 4], tiny.td:7 */
    static const td_relu_grad_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 192),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .b = (float*)(void*)(tiny_arena_memory + 240),
        .rank = 1,
        .extent = {8},
        .y_stride = {1},
        .a_stride = {1},
        .b_stride = {1}};
    TD_MARK(18);
    td_team_run(run_td_relu_grad_f32, &args);
  }
  { /* 19: gradient(hidden.bias) (sum_to, backward): f32[4], std.nn:10 */
    static const td_sum_to_f32_args args TD_CONSTANT(memory) = {
        .y = (float*)(void*)(tiny_arena_memory + 144),
        .x = (float*)(void*)(tiny_arena_memory + 192),
        .rank = 1,
        .extent = {4},
        .y_stride = {1},
        .x_stride = {1},
        .reduce_rank = 1,
        .reduce_extent = {2},
        .reduce_stride = {4},
        .accumulate = 1};
    TD_MARK(19);
    td_team_run(run_td_sum_to_f32, &args);
  }
  { /* 20: gradient(hidden.weight) (matmul, backward): f32[4, 3], std.nn:7 */
    const td_matmul_f32_args args = {
        .y = (float*)(void*)(tiny_arena_memory + 96),
        .a = (float*)(void*)(tiny_arena_memory + 192),
        .b = x_in,
        .outer = 1,
        .batch = 1,
        .m = 4,
        .n = 3,
        .k = 2,
        .reduce = 1,
        .y_outer = 0,
        .a_outer = 0,
        .b_outer = 0,
        .y_batch = 0,
        .a_batch = 0,
        .b_batch = 0,
        .a_reduce = 0,
        .b_reduce = 0,
        .y_row = 3,
        .y_col = 1,
        .a_row = 1,
        .a_col = 4,
        .b_row = 3,
        .b_col = 1,
        .accumulate = 1};
    TD_MARK(20);
    td_team_run(run_td_matmul_f32, &args);
  }
  { /* 21: mean (loss): f32 */
    const td_mean_f32_args args = {
        .y = loss,
        .x = (float*)(void*)(tiny_arena_memory + 272),
        .rank = 1,
        .extent = {1},
        .y_stride = {1},
        .x_stride = {1},
        .reduce_rank = 1,
        .reduce_extent = {2},
        .reduce_stride = {1}};
    TD_MARK(21);
    td_team_run(run_td_mean_f32, &args);
  }
  if (++state.micro_batches == TINY_ACCUMULATE) apply();
  return TINY_OK;
}

tiny_status tiny_flush(void) {
  if (!state.is_ready) return TINY_NOT_READY;
  if (state.micro_batches > 0) apply();
  return TINY_OK;
}
