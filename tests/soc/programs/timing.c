/* Measures what the platform document promises, as lines "name cycles". Each line is the difference
 * of two runs of the same code with one thing more in the second, so that reading the counter is
 * not in it. */
#include "td_platform.h"

static uint32_t l2_block[4096] TD_MEMORY(L2);
static uint32_t l1_block[4096] TD_MEMORY(L1);
static uint32_t l3_block[4096] TD_MEMORY(L3);

static void write_text(const char* text) {
  size_t length = 0;
  while (text[length] != '\0') ++length;
  td_write(text, length);
}

static void report(const char* name, uint64_t cycles) {
  char digits[12];
  int at = 11;
  digits[at] = '\0';
  uint32_t number = (uint32_t)cycles;
  do {
    digits[--at] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  write_text(name);
  write_text(" ");
  write_text(&digits[at]);
  write_text("\n");
}

static void nothing(const void* args, td_team team) {
  (void)args;
  (void)team;
}

static void one_barrier(const void* args, td_team team) {
  (void)args;
  td_team_barrier(team);
}

#define EIGHT(text) \
  text "\n\t" text "\n\t" text "\n\t" text "\n\t" text "\n\t" text "\n\t" text "\n\t" text "\n\t"

/* Cycles of eight times `text`, beyond those of none; caches warm. */
#define MEASURE(name, text)                                                      \
  do {                                                                           \
    uint64_t with = 0, without = 0;                                              \
    for (int round = 0; round < 2; ++round) {                                    \
      uint64_t start = td_cycles();                                              \
      __asm__ volatile("" ::"r"(l1_block), "r"(l2_block) : "memory");            \
      without = td_cycles() - start;                                             \
      start = td_cycles();                                                       \
      __asm__ volatile(".balign 4\n\t" EIGHT(text)::"r"(l1_block), "r"(l2_block) \
                       : "memory", "t0", "t1", "ft0", "ft3");                    \
      with = td_cycles() - start;                                                \
    }                                                                            \
    report(name, with - without);                                                \
  } while (0)

/* From enqueueing to being told of the end. */
static uint64_t copy_cycles(void* to, const void* from, uint32_t row_bytes, uint32_t rows,
                            uint32_t stride) {
  uint64_t cycles = 0;
  for (int round = 0; round < 2; ++round) {
    const uint64_t start = td_cycles();
    td_dma_wait(td_dma_copy(to, from, row_bytes, rows, stride, row_bytes));
    cycles = td_cycles() - start;
  }
  return cycles;
}

int main(void) {
  __asm__ volatile("fmv.w.x ft1, %0\n\tfmv.w.x ft2, %1" ::"r"(0x40490FDB), "r"(0x402DF854)
                   : "ft1", "ft2");
  MEASURE("add_8", "add t0, t0, t1");
  MEASURE("fma_independent_8", "fmadd.s ft0, ft1, ft2, ft3");
  MEASURE("fma_dependent_8", "fmadd.s ft0, ft1, ft2, ft0");
  MEASURE("fdiv_8", "fdiv.s ft0, ft1, ft2");
  MEASURE("fsqrt_8", "fsqrt.s ft0, ft1");
  MEASURE("l1_load_8", "lw t0, 0(%0)");
  MEASURE("l1_load_use_8", "lw t0, 0(%0)\n\tadd t1, t0, t0");
  MEASURE("l2_load_8", "lw t0, 0(%1)");
  MEASURE("l2_store_8", "sw t0, 0(%1)");
  MEASURE("taken_branch_8", ".balign 4\n\tbeq zero, zero, 1f\n\tnop\n\tnop\n\t.balign 4\n1:");
  uint64_t cycles[3];
  for (int round = 0; round < 3; ++round) {
    uint64_t start = td_cycles();
    td_team_run(nothing, NULL);
    cycles[0] = td_cycles() - start;
    start = td_cycles();
    td_team_run(one_barrier, NULL);
    cycles[1] = td_cycles() - start;
    start = td_cycles();
    (void)td_dma_copy(l1_block, l2_block, 4, 1, 0, 0);
    cycles[2] = td_cycles() - start;
    td_dma_wait_all();
  }
  report("fork_join", cycles[0]);
  report("barrier", cycles[1] - cycles[0]);
  report("dma_enqueue", cycles[2]);
  report("dma_l2_l1_4096", copy_cycles(l1_block, l2_block, 4096, 1, 0));
  report("dma_l1_l2_4096", copy_cycles(l2_block, l1_block, 4096, 1, 0));
  report("dma_l1_l2_16x64", copy_cycles(l2_block, l1_block, 64, 16, 128));
  report("dma_l3_l1_4096", copy_cycles(l1_block, l3_block, 4096, 1, 0));
  report("dma_l1_l3_4096", copy_cycles(l3_block, l1_block, 4096, 1, 0));
  return 0;
}
