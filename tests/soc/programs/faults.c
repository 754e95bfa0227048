/* One mistake for each fault that ends a run; the number of the case comes from the host. Cases 50
 * and above are right programs that a careless checker would stop. */
#include "td_platform.h"

static uint32_t fault_case;
static volatile uint32_t shared_word;
static volatile uint32_t l1_words[64] TD_MEMORY(L1);
static volatile uint8_t l1_bytes[64] TD_MEMORY(L1);
static volatile uint32_t l2_words[64] TD_MEMORY(L2);
static uint32_t l3_words[64] TD_MEMORY(L3);
static volatile td_dma_ticket ticket;

/* Hides an address from the compiler, which would split an access that it knows to be misaligned.
 */
static uintptr_t hidden(uintptr_t address) {
  __asm__ volatile("" : "+r"(address));
  return address;
}

static uint32_t deep(uint32_t depth) {
  volatile uint32_t frame[16];
  frame[depth % 16] = depth;
  return depth == 0 ? 0 : deep(depth - 1) + frame[depth % 16];
}

static td_dma_ticket copy(volatile uint32_t* to, volatile uint32_t* from, uint32_t bytes) {
  return td_dma_copy((void*)(uintptr_t)to, (const void*)(uintptr_t)from, bytes, 1, 0, 0);
}

static void job(const void* args, td_team team) {
  const uint32_t next = (team.core + 1) % team.cores;
  (void)args;
  switch (fault_case) {
    case 7:
      if (team.core == 2) shared_word = deep(1000);
      break;
    case 10:
      l1_words[5] = team.core;
      break;
    case 11:
      if (team.core == 1) shared_word = 1;
      if (team.core == 3) l1_words[3] = shared_word;
      break;
    case 12:
      if (team.core != 1) td_team_barrier(team);
      break;
    case 22: /* core 0 has waited, core 3 has not, and no barrier is between */
      if (team.core == 0) td_dma_wait(copy(l1_words, l2_words, 64));
      for (uint32_t i = 0; i < 100; ++i) __asm__ volatile("");
      if (team.core == 3) l1_words[32] = l1_words[7];
      break;
    case 25: /* what core 2 writes is read by core 1's transfer */
      if (team.core == 2) l2_words[4] = 1;
      for (uint32_t i = 0; i < 100; ++i) __asm__ volatile("");
      if (team.core == 1) td_dma_wait(copy(l1_words, l2_words, 64));
      break;
    case 28: /* under way since before the job */
      if (team.core == 5) shared_word = l1_words[1];
      break;
    case 50: /* bytes of one word, each of its own core */
      l1_bytes[team.core] = (uint8_t)team.core;
      if (l1_bytes[team.core] != team.core) td_exit(9);
      break;
    case 51: /* words that change their core at a barrier */
      l1_words[team.core] = team.core;
      td_team_barrier(team);
      if (l1_words[next] != next) td_exit(9);
      td_team_barrier(team);
      l1_words[next] = 1;
      break;
    case 52: /* transfers beside cores that keep away, and a wait for another core's transfer */
      if (team.core == 0) {
        for (uint32_t i = 0; i < 64; ++i) l2_words[i] = i;
        ticket = copy(l1_words + 16, l2_words, 62);
        td_dma_wait(copy(l1_words + 32, l2_words, 64)); /* two may read the same */
      }
      td_team_barrier(team);
      if (l2_words[team.core] != team.core) td_exit(9); /* so may cores */
      /* Bytes 62 and 63 of what the transfer fills to byte 61, and the words behind the other. */
      if (team.core == 2) *(volatile uint16_t*)((uintptr_t)(l1_words + 16) + 62) = 7;
      if (l1_words[32 + team.core] != team.core) td_exit(9);
      if (team.core == 3) {
        td_dma_wait(ticket);
        if (l1_words[17] != 1) td_exit(9);
      }
      td_team_barrier(team);
      l1_words[16 + team.core] += 1;
      if (l1_words[16 + team.core] != team.core + 1) td_exit(9);
      break;
    case 53: /* each core fills two buffers in turn and uses one while the other fills */
      for (uint32_t i = 0; i < 20; ++i) {
        volatile uint32_t* const mine = l1_words + 8 * team.core + 4 * (i % 2);
        volatile uint32_t* const other = l1_words + 8 * team.core + 4 * (1 - i % 2);
        const td_dma_ticket filling = copy(mine, l2_words + 4 * (i % 2), 16);
        if (i > 0) other[i % 4] += other[0];
        td_dma_wait(filling);
      }
      break;
    default:
      break;
  }
}

int main(void) {
  if (td_read(&fault_case, sizeof(fault_case)) != sizeof(fault_case)) return 2;
  switch (fault_case) {
    case 0:
      return (int)*(volatile uint32_t*)0x40000000;
    case 1:
      *(volatile uint32_t*)((uintptr_t)&main & ~(uintptr_t)3) = 0;
      break;
    case 2:
      return (int)*(volatile uint32_t*)l3_words;
    case 3: { /* one of the two is the last buffer of L1 */
      const uintptr_t words_end = (uintptr_t)l1_words + sizeof(l1_words);
      const uintptr_t bytes_end = (uintptr_t)l1_bytes + sizeof(l1_bytes);
      *(volatile uint32_t*)((words_end > bytes_end ? words_end : bytes_end) + 8) = 1;
      break;
    }
    case 4:
      return (int)*(volatile uint32_t*)hidden((uintptr_t)l1_words + 2);
    case 5:
      return *(volatile int16_t*)hidden((uintptr_t)l1_words + 1);
    case 6:
      __asm__ volatile(".word 0xFFFFFFFF");
      break;
    case 8:
      td_dma_wait(td_dma_copy((void*)(uintptr_t)l1_words, l3_words, 64, 5, 64, 64));
      break;
    case 9:
      td_dma_wait(td_dma_copy((void*)0x1001FFF0, l3_words, 64, 1, 0, 0));
      break;
    case 13:
      for (;;) l1_words[0] = 1;
    case 14:
      ((void (*)(void))0x1C100000)();
      break;
    case 15:
      *(volatile uint32_t*)0x10200FF0 = 1;
      break;
    case 16:
      td_write(l3_words, 1000);
      break;
    case 17:
      __asm__ volatile("ebreak");
      break;
    case 18:
      return (int)deep(100000);
    case 19: /* the destination, read too early */
      ticket = copy(l1_words, l2_words, 64);
      return (int)l1_words[15];
    case 20: /* the source, written too early */
      ticket = copy(l1_words, l2_words, 64);
      l2_words[2] = 1;
      break;
    case 21: /* the destination in L2, written too early; the wait is for another transfer */
      (void)copy(l2_words, l1_words, 64);
      td_dma_wait(copy(l1_words + 32, l1_words, 4));
      l2_words[3] = 1;
      break;
    case 23: /* two transfers write the same */
      (void)copy(l1_words, l2_words, 64);
      (void)copy(l1_words + 15, l2_words + 32, 64);
      break;
    case 24: /* the second reads from L3 what the first writes there */
      (void)copy(l3_words, l2_words, 64);
      (void)copy(l1_words, l3_words + 8, 16);
      break;
    case 26:
      (void)copy(l1_words + 1, l1_words, 64);
      break;
    case 27: /* the host port sends what a transfer is filling */
      (void)copy(l1_words, l2_words, 64);
      td_write((const void*)(uintptr_t)(l1_words + 8), 4);
      break;
    case 28:
      (void)copy(l1_words, l2_words, 64);
      td_team_run(job, NULL);
      break;
    default:
      td_team_run(job, NULL);
      break;
  }
  return 0;
}
