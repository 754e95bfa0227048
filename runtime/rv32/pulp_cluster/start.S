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

  /* Core 0 has the first td_stack_bytes of the stacks, each other one td_worker_stack_bytes behind those of the core
   * before it. The lowest word is the guard. */
  la t1, td_stacks
  la t2, td_stack_bytes
  add sp, t1, t2
  beqz s0, 1f
  la t2, td_worker_stack_bytes
  mul t3, s0, t2
  add sp, sp, t3
  sub t1, sp, t2
1:
  li t4, 0x57AC6A7D
  sw t4, 0(t1)

  bnez s0, worker

  call main
  tail td_exit

worker:
  li s1, TD_CHIP_REGISTERS
  lw s2, TD_CHIP_CORES(s1)
  /* 14 bytes of 16-bit instructions: one line of the instruction cache. Between waking up and the job, and between
   * the job and the barrier, is only what cannot be done before falling asleep. */
  .balign 16
wait_for_job:
  mv a1, s0
  mv a2, s2
  lw a5, TD_CHIP_JOB(s1)
  lw a0, TD_CHIP_JOB_ARGUMENT(s1)
  jalr a5
  lw a5, TD_CHIP_BARRIER(s1)
  j wait_for_job

/* void td_team_run(td_team_function function, const void* args)
 * The job goes out first: core 0 gets ready for it while the others wake up, and ready to return before the last
 * of them has come to the barrier. */
  .balign 16
  .global td_team_run
  .type td_team_run, @function
td_team_run:
  li t0, TD_CHIP_REGISTERS
  sw a1, TD_CHIP_JOB_ARGUMENT(t0)
  sw a0, TD_CHIP_JOB(t0)
  addi sp, sp, -16
  sw ra, 12(sp)
  mv a5, a0
  mv a0, a1
  li a1, 0
  lw a2, TD_CHIP_CORES(t0)
  jalr a5
  li t0, TD_CHIP_REGISTERS
  lw ra, 12(sp)
  addi sp, sp, 16
  lw zero, TD_CHIP_BARRIER(t0)
  ret
  .size td_team_run, . - td_team_run

/* void td_team_barrier(td_team team)
 * In assembly because a compiler stores the structure on the stack, only to leave it there. */
  .balign 16
  .global td_team_barrier
  .type td_team_barrier, @function
td_team_barrier:
  li t0, TD_CHIP_REGISTERS
  lw zero, TD_CHIP_BARRIER(t0)
  ret
  .size td_team_barrier, . - td_team_barrier
