/* The platform interface: all that generated code, kernels and the runner ask of a board.
 *
 * A board provides the functions below, those of a matrix engine if its chip has one
 * (`runtime/README.md` is the porting guide), and a start-up code that brings the machine to where
 * C expects it: a stack, `.data` and `.bss` in place, the FPU switched on, `main` called on core 0,
 * and `td_exit(main())` afterwards. Nothing here allocates, and nothing else of the board is used.
 *
 * Implementations: `host/` (one thread), `rv32/qemu_user/` (one hart under qemu-riscv32),
 * `rv32/pulp_cluster/` (the simulated chip: 1 to 16 cores, a DMA engine, an event unit).
 */
#ifndef TD_PLATFORM_H
#define TD_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory placement ------------------------------------------------------------------------------
 * `static uint8_t arena[BYTES] TD_MEMORY(L1);` puts a zero-initialised object into the memory level
 * L1 of the chip file; a level that the board's linker script does not know stays in ordinary
 * memory. The object is aligned to 16. Level names are those of the chip file, for pulp_cluster L1,
 * L2 and L3. What lies in L3 of pulp_cluster may only be touched by `td_dma_copy`, `td_read` and
 * `td_write`. Weights, which a generated assembler file holds, lie in sections `.rodata.td.L3` in
 * the same way.
 * TD_CONSTANT(L2) is for the other constants of a generated program, argument structs and tables,
 * which lie without gaps. Compilers may not change these objects: the memory report counts their
 * bytes. Position-independent code leaves constants where they are: a loader writes addresses into
 * them. */
#define TD_MEMORY(level) __attribute__((section(".bss.td." #level), aligned(16), used))
#if defined(__PIC__) || defined(__PIE__)
#define TD_CONSTANT(level)
#else
#define TD_CONSTANT(level) \
  __attribute__((section(".rodata.td_constants." #level), aligned(sizeof(void*)), used))
#endif

/* Byte streams to the host ----------------------------------------------------------------------
 * One stream in each direction; they carry the runner protocol. Called by core 0 outside
 * `td_team_run`. */

/* Reads up to `bytes` bytes into `data`, waiting until all have arrived. Returns how many were
 * read: fewer than `bytes` only at the end of the stream. `data`: any alignment, any memory level.
 */
size_t td_read(void* data, size_t bytes);

/* Writes `bytes` bytes and delivers them: the host sees them without a further call. `data`: any
 * alignment, any memory level. If the host no longer listens the program ends with status 1. */
void td_write(const void* data, size_t bytes);

/* Ends the program with `status` (0 to 255); what was written has been delivered. Any core may call
 * it. */
#if defined(__cplusplus)
[[noreturn]] void td_exit(int status);
#else
_Noreturn void td_exit(int status);
#endif

/* Time -------------------------------------------------------------------------------------------
 * Clock cycles since some moment before `main`. Where a machine has no cycle counter: nanoseconds.
 */
uint64_t td_cycles(void);

/* Teams of cores ----------------------------------------------------------------------------------
 * One job runs on all cores of the chip at once. `cores` is 1 to 16 and the same for every job of a
 * run. */
typedef struct {
  uint32_t core; /* 0 .. cores - 1 */
  uint32_t cores;
} td_team;

/* What a team runs. `args` is the pointer given to `td_team_run`; it is the same on all cores and
 * only read. */
typedef void (*td_team_function)(const void* args, td_team team);

/* Calls `function(args, {core, cores})` on every core and returns when all have returned; what was
 * written before is visible to the job, and what the job wrote is visible after. Called by core 0
 * only, never from within a job. */
void td_team_run(td_team_function function, const void* args);

/* Waits until all cores of the running job have called it; writes before it are visible to all
 * cores after it. Every core of the job calls it equally often. `team` is the one that the job was
 * given. */
void td_team_barrier(td_team team);

/* DMA ---------------------------------------------------------------------------------------------
 * Transfers run beside the cores. At most 16 are under way; starting another one waits for room.
 * Transfers are not ordered among each other: if one needs what another writes, wait between them.
 */
typedef uint32_t td_dma_ticket;

/* Starts a copy of `rows` rows of `row_bytes` bytes; row r goes from `from + r * from_stride` to
 * `to + r * to_stride` (strides in bytes, from the start of a row to the start of the next; not
 * looked at if `rows` is 1). Any alignment; `rows` or `row_bytes` of 0 copies nothing. Neither
 * range may be touched before `td_dma_wait`, except that both may be read where the transfer reads.
 * The ranges must not overlap. Any core may call it. */
td_dma_ticket td_dma_copy(void* to, const void* from, uint32_t row_bytes, uint32_t rows,
                          uint32_t to_stride, uint32_t from_stride);

/* Waits until the transfer of this ticket is complete and its result visible. Any core may wait for
 * any ticket, also several times. */
void td_dma_wait(td_dma_ticket ticket);

/* Waits until every transfer that any core started before this call is complete. */
void td_dma_wait_all(void);

/* Matrix engine -----------------------------------------------------------------------------------
 * A unit beside the cores that computes products, and convolutions as products over windows:
 *
 *   y[r, c] = sum over d of a[r, d] * b[d, c]        r: rows, c: columns, d: depth
 *
 * in single precision. Every y is one chain of fused multiply-adds, s = fma(a, b, s), d ascending,
 * that starts from +0, or from y if `accumulate` is 1. A column index is two nested loops and a
 * depth index three; index 0 of each array is the innermost loop. Strides are in elements and may
 * be negative or 0. On a board that has an engine the job and all that it touches lie in memory
 * that the engine reaches (pulp_cluster_engine: L1). A board without one computes the job at the
 * start, on the core that asks for it. */
typedef struct {
  float* y;
  const float* a;
  const float* b;
  uint32_t rows;       /* all extents: 1 or more */
  uint32_t columns[2]; /* inner, outer */
  uint32_t depth[3];   /* inner, middle, outer */
  int32_t y_row, y_column[2];
  int32_t a_row, a_depth[3];
  int32_t b_column[2], b_depth[3];
  /* Zeros beside an image: with w = window_begin + window_column * c + window_depth * d for the
   * inner column index c and the inner depth index d, b is +0, and not read, where w is not in
   * 0 .. window - 1. No such test if `window` is 0. */
  int32_t window_begin, window_column, window_depth;
  uint32_t window;
  uint32_t accumulate; /* 0 or 1 */
  /* Groups of the engine's rows and columns that are computed together, at least 1 each; how many
   * there may be is the board's to say, and it takes fewer where they are more. They change no bit.
   */
  uint32_t row_groups, column_groups;
} td_engine_job;

typedef uint32_t td_engine_ticket;

/* The ticket of no job: waiting for it returns at once. */
#define TD_ENGINE_NO_JOB UINT32_MAX

/* Starts a job, which is read before this returns. Jobs are computed one after the other, in the
 * order of their starts; where no room is left this waits for some. What a job reads may not be
 * written, and y not be touched, before it has been waited for, except by jobs that were started
 * later. */
td_engine_ticket td_engine_start(const td_engine_job* job);

/* Waits until the job of this ticket, and so each one started before it, is complete and its result
 * visible. Also several times. */
void td_engine_wait(td_engine_ticket ticket);

/* Profile markers ---------------------------------------------------------------------------------
 * TD_MARK(id) says that core 0 begins step `id` of the model; the board's tools charge all further
 * cycles to it. TD_MARK_TRANSFERS(id) says the same of transfers for a step that begins later: the
 * tools do not count it as begun, and `td_mark` gets its number with the highest bit set. Without
 * TD_PROFILE both are no code at all, and a board that has no profiler need not provide `td_mark`.
 */
#ifdef TD_PROFILE
void td_mark(uint32_t step);
#define TD_MARK(step) td_mark(step)
#define TD_MARK_TRANSFERS(step) td_mark((step) | TD_MARKS_TRANSFERS)
#else
#define TD_MARK(step) ((void)0)
#define TD_MARK_TRANSFERS(step) ((void)0)
#endif
#define TD_MARKS_TRANSFERS 0x80000000U

#ifdef __cplusplus
}
#endif

#endif
