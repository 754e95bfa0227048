/* Every instruction that the compilers emit for rv32imfc, on random operands and all float edge
 * cases. The results and the float flags go to the host, byte for byte the same from the chip, with
 * any number of cores, and from QEMU. Cores take whole instructions in turn, so that different
 * units of a shared FPU are busy at the same time. */
#include "td_platform.h"

enum { kBinaryCases = 420, kOperations = 160 };

typedef struct {
  uint32_t value;
  uint32_t flags;
} result;

static result results[kOperations][kBinaryCases] TD_MEMORY(L2);
static uint32_t operands[kBinaryCases][3] TD_MEMORY(L2);
static uint32_t scratch[16][4] TD_MEMORY(L1);

static const uint32_t kEdges[] = {
    0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007FFFFF, 0x807FFFFF, 0x00800000, 0x80800000,
    0x3F800000, 0xBF800000, 0x3F800001, 0x3F7FFFFF, 0x3FC00000, 0x3F000000, 0x40200000, 0xC0200000,
    0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC12345, 0x7F800001, 0xFFBFFFFF,
    0x4F000000, 0xCF000000, 0x4EFFFFFF, 0x4F7FFFFF, 0x4F800000, 0xBF000000, 0x34000000, 0x00400000};
enum { kEdgeCount = sizeof(kEdges) / sizeof(kEdges[0]) };

static uint32_t next_random(uint32_t* state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

static void make_operands(void) {
  uint32_t state = 0x12345678;
  for (uint32_t i = 0; i < kBinaryCases; ++i) {
    for (uint32_t k = 0; k < 3; ++k) {
      const uint32_t random = next_random(&state);
      const uint32_t kind = next_random(&state) % 4;
      /* Edges, raw bits, floats of like size (cancellation), small integers. */
      operands[i][k] = kind == 0   ? kEdges[random % kEdgeCount]
                       : kind == 1 ? random
                       : kind == 2 ? (0x3F000000U + (random & 0x01FFFFFFU)) | (random & 0x80000000U)
                                   : random % 67 - 33;
    }
  }
  /* Each edge alone and with each of its neighbours in the table at least once. */
  for (uint32_t i = 0; i < kEdgeCount; ++i) {
    for (uint32_t k = 0; k < 6; ++k) {
      operands[6 * i + k][0] = kEdges[i];
      operands[6 * i + k][1] = kEdges[(i + 5 * k) % kEdgeCount];
    }
  }
}

#define FLOAT_3(insn)                                                                       \
  __asm__ volatile(                                                                         \
      "csrw fflags, zero\n\tfmv.w.x ft0, %2\n\tfmv.w.x ft1, %3\n\tfmv.w.x ft2, %4\n\t" insn \
      "\n\tcsrr %1, fflags\n\tfmv.x.w %0, ft3"                                              \
      : "=&r"(out.value), "=&r"(out.flags)                                                  \
      : "r"(a), "r"(b), "r"(c)                                                              \
      : "ft0", "ft1", "ft2", "ft3")
#define FLOAT_TO_INTEGER(insn)                                                        \
  __asm__ volatile("csrw fflags, zero\n\tfmv.w.x ft0, %2\n\tfmv.w.x ft1, %3\n\t" insn \
                   "\n\tcsrr %1, fflags"                                              \
                   : "=&r"(out.value), "=&r"(out.flags)                               \
                   : "r"(a), "r"(b)                                                   \
                   : "ft0", "ft1")
#define INTEGER(insn) \
  out.flags = 0;      \
  __asm__ volatile(insn : "=&r"(out.value) : "r"(a), "r"(b), "r"(memory) : "memory", "t0", "t1")

/* 16-bit instructions, and others that want certain registers: operands in a4 and a5, memory at a3,
 * result in a4. */
#define COMPRESSED(insn)                                                          \
  out.flags = 0;                                                                  \
  __asm__ volatile("mv a4, %1\n\tmv a5, %2\n\tmv a3, %3\n\t" insn "\n\tmv %0, a4" \
                   : "=&r"(out.value)                                             \
                   : "r"(a), "r"(b), "r"(memory)                                  \
                   : "memory", "t0", "t1", "a3", "a4", "a5", "ft0", "ft1", "fa4")

/* Branch instructions: 1 if taken. */
#define BRANCH(insn) INTEGER("li %0, 1\n\t" insn " %1, %2, 1f\n\tli %0, 0\n1:")
/* A store and what it left in a word of ones. */
#define STORE(insn, offset) \
  INTEGER("li t0, -1\n\tsw t0, 0(%3)\n\t" insn " %1, " #offset "(%3)\n\tlw %0, 0(%3)")
#define LOAD(insn, offset) INTEGER("sw %1, 0(%3)\n\t" insn " %0, " #offset "(%3)")

/* X(kind, text): one instruction each; the float ones in every rounding mode that matters. */
#define ROUNDED(X, kind, text) \
  X(kind, text ", rne")        \
  X(kind, text ", rtz") X(kind, text ", rdn") X(kind, text ", rup") X(kind, text ", rmm")
/* clang-format off */
#define OPERATIONS(X) \
  ROUNDED(X, FLOAT_3, "fadd.s ft3, ft0, ft1") \
  ROUNDED(X, FLOAT_3, "fdiv.s ft3, ft0, ft1") \
  ROUNDED(X, FLOAT_3, "fmul.s ft3, ft0, ft1") \
  ROUNDED(X, FLOAT_3, "fsqrt.s ft3, ft0") \
  ROUNDED(X, FLOAT_3, "fmadd.s ft3, ft0, ft1, ft2") \
  ROUNDED(X, FLOAT_TO_INTEGER, "fcvt.w.s %0, ft0") \
  ROUNDED(X, FLOAT_TO_INTEGER, "fcvt.wu.s %0, ft0") \
  ROUNDED(X, FLOAT_3, "fcvt.s.w ft3, %2") \
  ROUNDED(X, FLOAT_3, "fcvt.s.wu ft3, %2") \
  X(FLOAT_3, "fsub.s ft3, ft0, ft1") \
  X(FLOAT_3, "fmsub.s ft3, ft0, ft1, ft2") \
  X(FLOAT_3, "fnmadd.s ft3, ft0, ft1, ft2") \
  X(FLOAT_3, "fnmsub.s ft3, ft0, ft1, ft2") \
  X(FLOAT_3, "fmin.s ft3, ft0, ft1") \
  X(FLOAT_3, "fmax.s ft3, ft0, ft1") \
  X(FLOAT_3, "fsgnj.s ft3, ft0, ft1") \
  X(FLOAT_3, "fsgnjn.s ft3, ft0, ft1") \
  X(FLOAT_3, "fsgnjx.s ft3, ft0, ft1") \
  X(FLOAT_TO_INTEGER, "feq.s %0, ft0, ft1") \
  X(FLOAT_TO_INTEGER, "flt.s %0, ft0, ft1") \
  X(FLOAT_TO_INTEGER, "fle.s %0, ft0, ft1") \
  X(FLOAT_TO_INTEGER, "fclass.s %0, ft0") \
  X(FLOAT_TO_INTEGER, "fmv.x.w %0, ft1") \
  X(INTEGER, "add %0, %1, %2") \
  X(INTEGER, "sub %0, %1, %2") \
  X(INTEGER, "sll %0, %1, %2") \
  X(INTEGER, "slt %0, %1, %2") \
  X(INTEGER, "sltu %0, %1, %2") \
  X(INTEGER, "xor %0, %1, %2") \
  X(INTEGER, "srl %0, %1, %2") \
  X(INTEGER, "sra %0, %1, %2") \
  X(INTEGER, "or %0, %1, %2") \
  X(INTEGER, "and %0, %1, %2") \
  X(INTEGER, "addi %0, %1, -2047") \
  X(INTEGER, "slti %0, %1, -5") \
  X(INTEGER, "sltiu %0, %1, 33") \
  X(INTEGER, "xori %0, %1, -1") \
  X(INTEGER, "ori %0, %1, 1365") \
  X(INTEGER, "andi %0, %1, 1638") \
  X(INTEGER, "slli %0, %1, 7") \
  X(INTEGER, "srli %0, %1, 9") \
  X(INTEGER, "srai %0, %1, 31") \
  X(INTEGER, "mul %0, %1, %2") \
  X(INTEGER, "mulh %0, %1, %2") \
  X(INTEGER, "mulhsu %0, %1, %2") \
  X(INTEGER, "mulhu %0, %1, %2") \
  X(INTEGER, "div %0, %1, %2") \
  X(INTEGER, "divu %0, %1, %2") \
  X(INTEGER, "rem %0, %1, %2") \
  X(INTEGER, "remu %0, %1, %2") \
  X(INTEGER, "lui %0, 0xABCDE") \
  X(LOAD, "lw", 0) \
  X(LOAD, "lh", 2) \
  X(LOAD, "lhu", 0) \
  X(LOAD, "lb", 3) \
  X(LOAD, "lbu", 1) \
  X(STORE, "sw", 0) \
  X(STORE, "sh", 2) \
  X(STORE, "sb", 1) \
  X(BRANCH, "beq") \
  X(BRANCH, "bne") \
  X(BRANCH, "blt") \
  X(BRANCH, "bge") \
  X(BRANCH, "bltu") \
  X(BRANCH, "bgeu") \
  X(INTEGER, "jal t0, 1f\n1: auipc t1, 0\n\tsub %0, t1, t0") \
  X(INTEGER, "la t0, 1f\n\tli %0, 3\n\tjalr t1, t0\n\tli %0, 4\n1: sub t0, t0, t1\n\tadd %0, %0, t0") \
  X(COMPRESSED, "c.add a4, a5") \
  X(COMPRESSED, "c.sub a4, a5") \
  X(COMPRESSED, "c.and a4, a5") \
  X(COMPRESSED, "c.or a4, a5") \
  X(COMPRESSED, "c.xor a4, a5") \
  X(COMPRESSED, "c.mv a4, a5") \
  X(COMPRESSED, "c.li a4, -17") \
  X(COMPRESSED, "c.lui a4, 17") \
  X(COMPRESSED, "c.addi a4, -29") \
  X(COMPRESSED, "c.andi a4, -11") \
  X(COMPRESSED, "c.slli a4, 7") \
  X(COMPRESSED, "c.srli a4, 9") \
  X(COMPRESSED, "c.srai a4, 31") \
  X(COMPRESSED, "c.nop") \
  X(COMPRESSED, "sw a4, 8(a3)\n\tc.lw a4, 8(a3)") \
  X(COMPRESSED, "c.sw a4, 4(a3)\n\tlw a4, 4(a3)") \
  X(COMPRESSED, "sw a4, 8(a3)\n\tc.flw fa4, 8(a3)\n\tfmv.x.w a4, fa4") \
  X(COMPRESSED, "fmv.w.x fa4, a4\n\tc.fsw fa4, 4(a3)\n\tlw a4, 4(a3)") \
  X(COMPRESSED, "sw a4, 12(a3)\n\tflw ft0, 12(a3)\n\tfmv.x.w a4, ft0") \
  X(COMPRESSED, "fmv.w.x ft0, a4\n\tfsw ft0, 12(a3)\n\tlw a4, 12(a3)") \
  X(COMPRESSED, "mv t0, sp\n\tc.addi16sp sp, -64\n\tsub a4, sp, t0\n\tmv sp, t0") \
  X(COMPRESSED, "c.addi4spn a4, sp, 16\n\tsub a4, a4, sp") \
  X(COMPRESSED, "addi sp, sp, -16\n\tc.swsp a4, 12(sp)\n\tc.lwsp a5, 12(sp)\n\taddi sp, sp, 16\n\tmv a4, a5") \
  X(COMPRESSED, "addi sp, sp, -16\n\tfmv.w.x ft0, a4\n\tc.fswsp ft0, 8(sp)\n\tc.flwsp ft1, 8(sp)\n\taddi sp, sp, 16\n\tfmv.x.w a4, ft1") \
  X(COMPRESSED, "c.beqz a4, 1f\n\tc.li a4, 1\n1:") \
  X(COMPRESSED, "c.bnez a4, 1f\n\tc.li a4, 1\n1:") \
  X(COMPRESSED, "c.j 1f\n\tc.li a4, 3\n1:") \
  X(COMPRESSED, "la t0, 1f\n\tmv t1, ra\n\tc.jal 1f\n1: sub a4, ra, t0\n\tmv ra, t1") \
  X(COMPRESSED, "la t0, 1f\n\tc.jr t0\n\tc.li a4, 3\n1:") \
  X(COMPRESSED, "la t0, 1f\n\tmv t1, ra\n\tc.jalr t0\n\tc.li a5, 3\n1: sub a4, ra, t0\n\tadd a4, a4, a5\n\tmv ra, t1") \
  X(INTEGER, "csrw fflags, %1\n\tcsrrw %0, fflags, %2") \
  X(INTEGER, "csrw fflags, %1\n\tcsrrs %0, fflags, zero")
/* clang-format on */

static void run_operations(const void* args, td_team team) {
  (void)args;
  uint32_t* const memory = scratch[team.core];
  uint32_t number = 0;
#define RUN(kind, ...)                                                           \
  if (number++ % team.cores == team.core) {                                      \
    for (uint32_t i = 0; i < kBinaryCases; ++i) {                                \
      const uint32_t a = operands[i][0], b = operands[i][1], c = operands[i][2]; \
      result out;                                                                \
      (void)c;                                                                   \
      kind(__VA_ARGS__);                                                         \
      results[number - 1][i] = out;                                              \
    }                                                                            \
  }
  OPERATIONS(RUN)
}

#define COUNT(kind, ...) +1
#define NAME(kind, ...) #__VA_ARGS__ "\n"
enum { kUsed = 0 OPERATIONS(COUNT) };
_Static_assert((int)kUsed <= (int)kOperations, "room for all results");

int main(void) {
  static const char kNames[] = OPERATIONS(NAME);
  make_operands();
  td_team_run(run_operations, NULL);
  const uint32_t header[2] = {kBinaryCases, sizeof(kNames)};
  td_write(header, sizeof(header));
  td_write(kNames, sizeof(kNames));
  td_write(operands, sizeof(operands));
  td_write(results, kUsed * sizeof(results[0]));
  return 0;
}
