/* Start-up of the simulated chip: every core begins at the reset vector, the start of L2.
 *
 * The loader has placed the program and cleared what is to be zero. Core 0 runs `main`; the others sleep until it
 * hands them a job (`td_team_run`), run it, meet at the barrier and sleep again.
 */
#include "chip.h"

  .section .text.start, "ax"
  .global _start
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  /* The FPU is off after reset: mstatus.FS = initial. */
  li t0, 0x2000
  csrs mstatus, t0
  fscsr zero
  csrr s0, mhartid

  /* Stack of core i: [td_stacks + i * td_stack_bytes, + td_stack_bytes), its lowest word the guard. */
  la t1, td_stacks
  la t2, td_stack_bytes
  mul t3, s0, t2
  add t1, t1, t3
  add sp, t1, t2
  li t4, 0x57AC6A7D
  sw t4, 0(t1)

  bnez s0, worker

  call main
  tail td_exit

worker:
  li s1, TD_CHIP_REGISTERS
  lw s2, TD_CHIP_CORES(s1)
wait_for_job:
  lw t0, TD_CHIP_JOB(s1)
  lw a0, TD_CHIP_JOB_ARGUMENT(s1)
  mv a1, s0
  mv a2, s2
  jalr t0
  lw zero, TD_CHIP_BARRIER(s1)
  j wait_for_job
