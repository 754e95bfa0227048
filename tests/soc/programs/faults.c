/* One mistake for each fault that ends a run; FAULT is the number of the case. Cases 50 and above
 * are right programs that a careless checker would stop. */
#include "td_platform.h"

static volatile uint32_t shared_word;
static volatile uint32_t l1_words[64] TD_MEMORY(L1);
static volatile uint8_t l1_bytes[64] TD_MEMORY(L1);
static uint32_t l3_words[64] TD_MEMORY(L3);

/* Hides an address from the compiler, which would split an access that it knows to be misaligned.
 */
static inline uintptr_t hidden(uintptr_t address) {
  __asm__ volatile("" : "+r"(address));
  return address;
}

static inline uint32_t deep(uint32_t depth) {
  volatile uint32_t frame[16];
  frame[depth % 16] = depth;
  return depth == 0 ? 0 : deep(depth - 1) + frame[depth % 16];
}

static void job(const void* args, td_team team) {
  (void)args;
  (void)team;
#if FAULT == 7
  if (team.core == 2) shared_word = deep(1000);
#elif FAULT == 10
  l1_words[5] = team.core;
#elif FAULT == 11
  if (team.core == 1) shared_word = 1;
  if (team.core == 3) l1_words[3] = shared_word;
#elif FAULT == 12
  if (team.core != 1) td_team_barrier(team);
#elif FAULT == 50
  l1_bytes[team.core] = (uint8_t)team.core;
  if (l1_bytes[team.core] != team.core) td_exit(9);
#elif FAULT == 51
  l1_words[team.core] = team.core;
  td_team_barrier(team);
  if (l1_words[(team.core + 1) % team.cores] != (team.core + 1) % team.cores) td_exit(9);
  td_team_barrier(team);
  l1_words[(team.core + 1) % team.cores] = 1;
#endif
}

int main(void) {
#if FAULT == 0
  return (int)*(volatile uint32_t*)0x40000000;
#elif FAULT == 1
  *(volatile uint32_t*)(uintptr_t)&main = 0;
#elif FAULT == 2
  return (int)*(volatile uint32_t*)l3_words;
#elif FAULT == 3
  /* l1_bytes or l1_words is the last buffer of L1. */
  const uintptr_t last = (uintptr_t)l1_bytes > (uintptr_t)l1_words
                             ? (uintptr_t)l1_bytes + sizeof(l1_bytes)
                             : (uintptr_t)l1_words + sizeof(l1_words);
  *(volatile uint32_t*)(last + 8) = 1;
#elif FAULT == 4
  return (int)*(volatile uint32_t*)hidden((uintptr_t)l1_words + 2);
#elif FAULT == 5
  return *(volatile int16_t*)hidden((uintptr_t)l1_words + 1);
#elif FAULT == 6
  __asm__ volatile(".word 0xFFFFFFFF");
#elif FAULT == 8
  td_dma_wait(td_dma_copy((void*)(uintptr_t)l1_words, l3_words, 64, 5, 64, 64));
#elif FAULT == 9
  td_dma_wait(td_dma_copy((void*)0x1001FFF0, l3_words, 64, 1, 0, 0));
#elif FAULT == 13
  for (;;) l1_words[0] = 1;
#elif FAULT == 14
  ((void (*)(void))0x1C100000)();
#elif FAULT == 15
  *(volatile uint32_t*)0x10200FF0 = 1;
#elif FAULT == 16
  td_write(l3_words, 1000);
#elif FAULT == 17
  __asm__ volatile("ebreak");
#elif FAULT == 18
  return (int)deep(100000);
#else
  td_team_run(job, NULL);
#endif
  return 0;
}
