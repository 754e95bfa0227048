/* The platform on the simulated chip; the registers are described in chip.h. */
#include "chip.h"
#include "td_platform.h"

enum { kStackGuard = 0x57AC6A7D, kStatusStackOverflow = 104 };

extern uint32_t td_stacks[];

static inline volatile uint32_t* chip_register(uint32_t offset) {
  return (volatile uint32_t*)(TD_CHIP_REGISTERS + offset);
}

/* Begins at a line of the instruction cache, and at a word: a jump to a 32-bit instruction that is
 * not aligned to its size takes a cycle more. */
#define TD_AT_LINE __attribute__((aligned(16)))

/* Memory written before an event must be in memory, not in a register of the compiler. */
static inline void compiler_barrier(void) {
  __asm__ volatile("" ::: "memory");
}

size_t td_read(void* data, size_t bytes) {
  compiler_barrier();
  *chip_register(TD_CHIP_HOST_ADDRESS) = (uintptr_t)data;
  *chip_register(TD_CHIP_HOST_READ) = bytes;
  const size_t count = *chip_register(TD_CHIP_HOST_READ);
  compiler_barrier();
  return count;
}

void td_write(const void* data, size_t bytes) {
  compiler_barrier();
  *chip_register(TD_CHIP_HOST_ADDRESS) = (uintptr_t)data;
  *chip_register(TD_CHIP_HOST_WRITE) = bytes;
}

void td_exit(int status) {
  if (td_stacks[0] != kStackGuard) status = kStatusStackOverflow;
  for (;;) *chip_register(TD_CHIP_HOST_EXIT) = (uint32_t)status;
}

uint64_t td_cycles(void) {
  const uint32_t low = *chip_register(TD_CHIP_CYCLES_LOW);
  return ((uint64_t)*chip_register(TD_CHIP_CYCLES_HIGH) << 32) | low;
}

/* td_team_run and td_team_barrier are in start.S, beside the loop of the other cores. */

TD_AT_LINE td_dma_ticket td_dma_copy(void* to, const void* from, uint32_t row_bytes, uint32_t rows,
                                     uint32_t to_stride, uint32_t from_stride) {
  compiler_barrier();
  *chip_register(TD_CHIP_DMA_TO) = (uintptr_t)to;
  *chip_register(TD_CHIP_DMA_FROM) = (uintptr_t)from;
  *chip_register(TD_CHIP_DMA_ROW_BYTES) = row_bytes;
  *chip_register(TD_CHIP_DMA_ROWS) = rows;
  *chip_register(TD_CHIP_DMA_TO_STRIDE) = to_stride;
  *chip_register(TD_CHIP_DMA_FROM_STRIDE) = from_stride;
  return *chip_register(TD_CHIP_DMA_START);
}

TD_AT_LINE void td_dma_wait(td_dma_ticket ticket) {
  *chip_register(TD_CHIP_DMA_TICKET) = ticket;
  (void)*chip_register(TD_CHIP_DMA_WAIT);
  compiler_barrier();
}

TD_AT_LINE void td_dma_wait_all(void) {
  (void)*chip_register(TD_CHIP_DMA_WAIT_ALL);
  compiler_barrier();
}

TD_AT_LINE td_engine_ticket td_engine_start(const td_engine_job* job) {
  compiler_barrier();
  *chip_register(TD_CHIP_ENGINE_JOB) = (uintptr_t)job;
  const td_engine_ticket ticket = *chip_register(TD_CHIP_ENGINE_START);
  compiler_barrier();
  return ticket;
}

TD_AT_LINE void td_engine_wait(td_engine_ticket ticket) {
  *chip_register(TD_CHIP_ENGINE_TICKET) = ticket;
  (void)*chip_register(TD_CHIP_ENGINE_WAIT);
  compiler_barrier();
}

#ifdef TD_PROFILE
_Static_assert(TD_CHIP_MARKS_TRANSFERS == TD_MARKS_TRANSFERS, "marks are the chip's");
void td_mark(uint32_t step) {
  *chip_register(TD_CHIP_HOST_MARK) = step;
}
#endif
