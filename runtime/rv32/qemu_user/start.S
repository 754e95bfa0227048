/* Start-up under qemu-riscv32: the ELF loader has placed everything; only the stack is ours. */
  .section .text.start, "ax"
  .global _start
_start:
  .option push
  .option norelax
  la gp, __global_pointer$
  .option pop
  la sp, td_stack_end
  /* The guard word at the far end of the stack; td_exit looks at it. */
  la t0, td_stack_begin
  li t1, 0x57AC6A7D
  sw t1, 0(t0)
  call main
  tail td_exit
