/* Runs a list of operations that the host sends, on all cores, and sends all memory back;
 * `random_programs.py` makes the list and computes the same in order, one core after the other.
 *
 * Memory is two sides (L1, L2 and L3 each), each cut into one part per core. In a phase every core
 * reads anything of one side and writes its own part of the other; then all meet at a barrier and
 * the sides change roles.
 */
#include "td_platform.h"

enum { kSideBytes = 4096, kMaximumOperations = 4096 };

/* kind 0: word at `to` = word at `from` * factor + word at `from_2`, levels L1 or L2;
 * kind 1: DMA of `rows` rows of `row_bytes`, any level to any level. Offsets are within a side. */
typedef struct {
  uint32_t kind, core, to_level, to, from_level, from, from_2, factor, row_bytes, rows, to_stride,
      from_stride;
} operation;

typedef struct {
  uint32_t side;
  uint32_t first, end; /* operations of the phase */
} phase;

static uint8_t l1[2][kSideBytes] TD_MEMORY(L1);
static uint8_t l2[2][kSideBytes] TD_MEMORY(L2);
static uint8_t l3[2][kSideBytes] TD_MEMORY(L3);
static operation operations[kMaximumOperations];

static uint8_t* place(uint32_t level, uint32_t side, uint32_t offset) {
  uint8_t(*const memory)[kSideBytes] = level == 1 ? l1 : level == 2 ? l2 : l3;
  return &memory[side][offset];
}

static void run_phase(const void* args, td_team team) {
  const phase* const now = args;
  td_dma_ticket last = 0;
  uint32_t started = 0;
  for (uint32_t i = now->first; i < now->end; ++i) {
    const operation* const op = &operations[i];
    if (op->core != team.core) continue;
    uint8_t* const to = place(op->to_level, 1 - now->side, op->to);
    const uint8_t* const from = place(op->from_level, now->side, op->from);
    /* Parts of one core may overlap between operations: each waits for the transfer before, in one
     * of two ways. */
    if (started != 0 && op->factor % 2 == 0) td_dma_wait(last);
    if (started != 0 && op->factor % 2 == 1) td_dma_wait_all();
    if (op->kind == 0) {
      const uint32_t* const from_2 =
          (const uint32_t*)(const void*)place(op->from_level, now->side, op->from_2);
      *(uint32_t*)(void*)to = *(const uint32_t*)(const void*)from * op->factor + *from_2;
    } else {
      last = td_dma_copy(to, from, op->row_bytes, op->rows, op->to_stride, op->from_stride);
      started = 1;
    }
  }
  if (started != 0) td_dma_wait(last);
}

int main(void) {
  uint32_t counts[2]; /* phases, operations */
  if (td_read(counts, sizeof(counts)) != sizeof(counts) || counts[1] > kMaximumOperations) return 2;
  if (td_read(l1[0], kSideBytes) != kSideBytes || td_read(l2[0], kSideBytes) != kSideBytes ||
      td_read(l3[0], kSideBytes) != kSideBytes) {
    return 2;
  }
  if (td_read(operations, counts[1] * sizeof(operation)) != counts[1] * sizeof(operation)) return 2;
  uint32_t side = 0;
  for (uint32_t i = 0; i < counts[0]; ++i) {
    uint32_t range[2];
    if (td_read(range, sizeof(range)) != sizeof(range)) return 2;
    const phase now = {side, range[0], range[1]};
    td_team_run(run_phase, &now);
    side = 1 - side;
  }
  td_write(l1, sizeof(l1));
  td_write(l2, sizeof(l2));
  td_write(l3, sizeof(l3));
  return 0;
}
