/* The platform on a POSIX host: one core, standard input and output as streams, memcpy as DMA. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "td_engine.h"
#include "td_platform.h"

size_t td_read(void* data, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t count = read(STDIN_FILENO, (uint8_t*)data + done, bytes - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += (size_t)count;
  }
  return done;
}

void td_write(const void* data, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const ssize_t count = write(STDOUT_FILENO, (const uint8_t*)data + done, bytes - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) td_exit(1);
    done += (size_t)count;
  }
}

void td_exit(int status) {
  _exit(status);
}

uint64_t td_cycles(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

void td_team_run(td_team_function function, const void* args) {
  function(args, (td_team){.core = 0, .cores = 1});
}

void td_team_barrier(td_team team) {
  (void)team;
}

td_dma_ticket td_dma_copy(void* to, const void* from, uint32_t row_bytes, uint32_t rows,
                          uint32_t to_stride, uint32_t from_stride) {
  for (size_t row = 0; row < rows; ++row) {
    memcpy((uint8_t*)to + row * to_stride, (const uint8_t*)from + row * from_stride, row_bytes);
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
