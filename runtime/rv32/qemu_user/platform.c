/* The platform under qemu-riscv32 (user mode): one core, Linux system calls, memcpy as DMA. */
#include "td_engine.h"
#include "td_platform.h"

enum { kSystemRead = 63, kSystemWrite = 64, kSystemExit = 93, kErrorInterrupted = -4 };
enum { kStackGuard = 0x57AC6A7D, kStatusStackOverflow = 104 };

extern uint32_t td_stack_begin[];

static int32_t system_call(int32_t number, int32_t first, uintptr_t second, size_t third) {
  register int32_t a0 __asm__("a0") = first;
  register uintptr_t a1 __asm__("a1") = second;
  register size_t a2 __asm__("a2") = third;
  register int32_t a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

size_t td_read(void* data, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const int32_t count = system_call(kSystemRead, 0, (uintptr_t)data + done, bytes - done);
    if (count == kErrorInterrupted) continue;
    if (count <= 0) break;
    done += (size_t)count;
  }
  return done;
}

void td_write(const void* data, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const int32_t count = system_call(kSystemWrite, 1, (uintptr_t)data + done, bytes - done);
    if (count == kErrorInterrupted) continue;
    if (count <= 0) td_exit(1);
    done += (size_t)count;
  }
}

void td_exit(int status) {
  if (td_stack_begin[0] != kStackGuard) status = kStatusStackOverflow;
  for (;;) system_call(kSystemExit, status, 0, 0);
}

/* qemu-user counts host time here: good for nothing but differences. */
uint64_t td_cycles(void) {
  uint32_t high;
  uint32_t low;
  uint32_t again;
  do {
    __asm__ volatile("rdcycleh %0" : "=r"(high));
    __asm__ volatile("rdcycle %0" : "=r"(low));
    __asm__ volatile("rdcycleh %0" : "=r"(again));
  } while (high != again);
  return ((uint64_t)high << 32) | low;
}

void td_team_run(td_team_function function, const void* args) {
  function(args, (td_team){.core = 0, .cores = 1});
}

void td_team_barrier(td_team team) {
  (void)team;
}

td_dma_ticket td_dma_copy(void* to, const void* from, uint32_t row_bytes, uint32_t rows,
                          uint32_t to_stride, uint32_t from_stride) {
  for (uint32_t row = 0; row < rows; ++row) {
    __builtin_memcpy((uint8_t*)to + row * to_stride, (const uint8_t*)from + row * from_stride,
                     row_bytes);
  }
  return 0;
}

void td_dma_wait(td_dma_ticket ticket) {
  (void)ticket;
}

void td_dma_wait_all(void) {}

td_engine_ticket td_engine_start(const td_engine_job* job) {
  td_engine_compute(job);
  return 0;
}

void td_engine_wait(td_engine_ticket ticket) {
  (void)ticket;
}
