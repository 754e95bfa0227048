/* Every core runs its own random block of float code on its own words in L1, again and again: what
 * it computes does not depend on the others, with which it shares FPU and banks. `float_streams.py`
 * makes the blocks. The words go to the host, the same from the chip as from QEMU. */
#include "td_platform.h"

enum { kBlocks = 16, kRead = 16, kWritten = 32, kTurns = 20 };

typedef struct {
  uint32_t read[kRead];
  uint32_t written[kWritten];
} words;

static words l1[kBlocks] TD_MEMORY(L1);
static words results[kBlocks][kTurns] TD_MEMORY(L2);

#define BLOCKS(X) \
  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define DECLARE(i) void float_block_##i(words*);
#define NAME(i) float_block_##i,
BLOCKS(DECLARE)
static void (*const kBlock[kBlocks])(words*) = {BLOCKS(NAME)};

/* Finite floats of like size, so that an infinity in one turn does not hide the next. */
static void fill(uint32_t block, uint32_t turn) {
  uint32_t state = 977 * (block + 1) + 31 * turn + 1;
  for (uint32_t i = 0; i < kRead; ++i) {
    state = state * 1664525 + 1013904223;
    l1[block].read[i] = (0x3F000000U + (state >> 8)) | (state & 0x80000000U);
  }
}

static void run_blocks(const void* args, td_team team) {
  (void)args;
  for (uint32_t block = team.core; block < kBlocks; block += team.cores) {
    for (uint32_t turn = 0; turn < kTurns; ++turn) {
      fill(block, turn);
      kBlock[block](&l1[block]);
      results[block][turn] = l1[block];
    }
  }
}

int main(void) {
  td_team_run(run_blocks, NULL);
  td_write(results, sizeof(results));
  return 0;
}
