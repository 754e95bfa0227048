/* Measures what the platform document promises, as lines "name cycles". A sequence of instructions
 * stands between two reads of the cycle counter, all in assembly, so that the numbers are those of
 * the chip and not of a compiler. Each is run three times; the last one counts, with warm caches.
 */
#include "chip.h"
#include "td_platform.h"

static uint32_t l2_block[2][1024] TD_MEMORY(L2);
static uint32_t l1_block[2][1024] TD_MEMORY(L1);
static uint32_t l3_block[2][1024] TD_MEMORY(L3);
static td_engine_job engine_job TD_MEMORY(L1);

static void write_text(const char* text) {
  size_t length = 0;
  while (text[length] != '\0') ++length;
  td_write(text, length);
}

static void report(const char* name, uint32_t cycles) {
  char digits[12];
  int at = 11;
  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + cycles % 10);
    cycles /= 10;
  } while (cycles != 0);
  write_text(name);
  write_text(" ");
  write_text(&digits[at]);
  write_text("\n");
}

/* A job without a single instruction of its own. */
void nothing(const void* args, td_team team);
__asm__(".text\n.balign 4\nnothing:\n\tret");

#define EIGHT(text) \
  text "\n\t" text "\n\t" text "\n\t" text "\n\t" text "\n\t" text "\n\t" text "\n\t" text "\n\t"

/* Sets `cycles` to those of `text`; `prepare` comes before and is not counted. Both may use all
 * registers that a call may change; s2 holds the registers of the chip, s3 `to`, s4 `from`. */
#define MEASURE(prepare, text)                                                                     \
  for (int round = 0; round < 3; ++round) {                                                        \
    register uintptr_t chip __asm__("s2") = TD_CHIP_REGISTERS;                                     \
    register uintptr_t s3 __asm__("s3") = to;                                                      \
    register uintptr_t s4 __asm__("s4") = from;                                                    \
    register uint32_t start __asm__("s5");                                                         \
    register uint32_t end __asm__("s6");                                                           \
    __asm__ volatile(prepare "\n\t.balign 16\n\tlw %0, 0x300(%2)\n\t" text "\n\tlw %1, 0x300(%2)"  \
                     : "=&r"(start), "=&r"(end)                                                    \
                     : "r"(chip), "r"(s3), "r"(s4)                                                 \
                     : "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a0", "a1", "a2", \
                       "a3", "a4", "a5", "a6", "a7", "ft0", "ft1", "ft2", "ft3");                  \
    cycles = end - start - 1; /* of the second read itself */                                      \
  }
_Static_assert(TD_CHIP_CYCLES_LOW == 0x300 && TD_CHIP_BARRIER == 4, "as in the assembly");

typedef struct {
  uint32_t barrier, call;
} barrier_cycles;

/* On all cores; the first barrier brings them into step. */
static void measure_barriers(const void* args, td_team team) {
  barrier_cycles* const measured = (barrier_cycles*)(uintptr_t)args;
  const uintptr_t to = 0;
  const uintptr_t from = 0;
  uint32_t cycles;
  MEASURE("lw zero, 4(s2)", "lw zero, 4(s2)")
  if (team.core == 0) measured->barrier = cycles;
  MEASURE("lw zero, 4(s2)", "call td_team_barrier")
  if (team.core == 0) measured->call = cycles;
}

int main(void) {
  uint32_t cycles;
  uintptr_t to = (uintptr_t)l1_block;
  uintptr_t from = (uintptr_t)l2_block;
#define INSTRUCTIONS(name, prepare, text) \
  MEASURE(prepare, EIGHT(text))           \
  report(name, cycles);
#define FLOATS                                                                                    \
  "li t0, 0x40490FDB\n\tfmv.w.x ft1, t0\n\tli t0, 0x402DF854\n\tfmv.w.x ft2, t0\n\tfmv.w.x ft3, " \
  "t0"
  INSTRUCTIONS("add_8", "", "add t0, t0, t1")
  INSTRUCTIONS("mul_8", "", "mul t0, t1, t1")
  INSTRUCTIONS("fma_independent_8", FLOATS, "fmadd.s ft0, ft1, ft2, ft3")
  INSTRUCTIONS("fma_dependent_8", FLOATS, "fmadd.s ft0, ft1, ft2, ft0")
  INSTRUCTIONS("fdiv_8", FLOATS, "fdiv.s ft0, ft1, ft2")
  INSTRUCTIONS("fdiv_dependent_8", FLOATS, "fdiv.s ft1, ft1, ft2")
  INSTRUCTIONS("fsqrt_8", FLOATS, "fsqrt.s ft0, ft1")
  INSTRUCTIONS("div_8", "li t0, -1\n\tli t1, 3", "div t2, t0, t1")
  INSTRUCTIONS("l1_load_8", "", "lw t0, 0(s3)")
  INSTRUCTIONS("l1_load_float_8", "", "flw ft0, 0(s3)")
  INSTRUCTIONS("l1_load_use_8", "", "lw t0, 0(s3)\n\tadd t1, t0, t0")
  INSTRUCTIONS("l2_load_8", "", "lw t0, 0(s4)")
  INSTRUCTIONS("l2_store_8", "", "sw t0, 0(s4)")
  INSTRUCTIONS("branch_not_taken_8", "", "bne zero, zero, .")
  INSTRUCTIONS("branch_taken_8", "", "beq zero, zero, 1f\n\tnop\n\tnop\n\t.balign 4\n1:")
  INSTRUCTIONS("branch_taken_unaligned_8", "",
               ".balign 4\n\tbeq zero, zero, 1f\n\t.option push\n\t.option rvc\n\tnop\n1:\n\t"
               ".option norvc\n\tnop\n\t.option pop\n\tnop")
  INSTRUCTIONS("jump_8", "", "j 1f\n\tnop\n\t.balign 4\n1:")

  MEASURE("la a0, nothing\n\tli a1, 0", "call td_team_run")
  report("fork_join", cycles);
  barrier_cycles measured;
  td_team_run(measure_barriers, &measured);
  report("barrier", measured.barrier);
  report("barrier_call", measured.call);

  /* Row bytes, rows, both strides; from s4 to s3. */
#define COPY(row_bytes, rows, stride)                                                      \
  "call td_dma_wait_all\n\tmv a0, s3\n\tmv a1, s4\n\tli a2, " row_bytes "\n\tli a3, " rows \
  "\n\tli a4, " stride "\n\tli a5, " stride
  MEASURE(COPY("4", "1", "0"), "call td_dma_copy")
  report("dma_enqueue", cycles);
  td_dma_wait_all();
  MEASURE("", "call td_dma_wait")
  report("dma_wait_done", cycles);
#define TRANSFER(name, target, source, row_bytes, rows, stride)                  \
  to = (uintptr_t)(target);                                                      \
  from = (uintptr_t)(source);                                                    \
  MEASURE(COPY(row_bytes, rows, stride), "call td_dma_copy\n\tcall td_dma_wait") \
  report(name, cycles);
  TRANSFER("dma_l2_l1_4", l1_block, l2_block, "4", "1", "0")
  TRANSFER("dma_l2_l1_4096", l1_block, l2_block, "4096", "1", "0")
  TRANSFER("dma_l1_l2_4096", l2_block, l1_block, "4096", "1", "0")
  TRANSFER("dma_l2_l1_16x64", l1_block, l2_block, "64", "16", "128")
  TRANSFER("dma_l1_l2_16x64", l2_block, l1_block, "64", "16", "128")
  TRANSFER("dma_l3_l1_4096", l1_block, l3_block, "4096", "1", "0")
  TRANSFER("dma_l3_l1_16x64", l1_block, l3_block, "64", "16", "128")
  TRANSFER("dma_l1_l3_4096", l3_block, l1_block, "4096", "1", "0")
  TRANSFER("dma_l1_l3_16x64", l3_block, l1_block, "64", "16", "128")

  engine_job = (td_engine_job){.y = (float*)(uintptr_t)l1_block[0],
                               .a = (const float*)(uintptr_t)l1_block[1],
                               .b = (const float*)(uintptr_t)l1_block[1],
                               .rows = 1,
                               .columns = {1, 1},
                               .depth = {1, 1, 1},
                               .row_groups = 1,
                               .column_groups = 1};
  to = (uintptr_t)&engine_job;
  MEASURE("mv a0, s3", "call td_engine_start")
  report("engine_start", cycles);
  td_engine_wait(td_engine_start(&engine_job));
  MEASURE("li a0, 1", "call td_engine_wait")
  report("engine_wait_done", cycles);
  MEASURE("mv a0, s3", "call td_engine_start\n\tcall td_engine_wait")
  report("engine_1x1x1", cycles);
  return 0;
}
