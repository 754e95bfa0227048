/* One mistake for each fault that ends a run; the number of the case comes from the host. Cases 50
 * to 59 and 80 and above are right programs that a careless checker would stop. */
#include "td_platform.h"

static uint32_t fault_case;
static volatile uint32_t shared_word;
static volatile uint32_t l1_words[64] TD_MEMORY(L1);
static volatile uint8_t l1_bytes[64] TD_MEMORY(L1);
static volatile uint32_t l2_words[64] TD_MEMORY(L2);
static uint32_t l3_words[64] TD_MEMORY(L3);
static volatile td_dma_ticket ticket;
static td_engine_job engine_job TD_MEMORY(L1);
static td_engine_job engine_jobs[8] TD_MEMORY(L1);

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

/* 4 x 4 outputs from word 0 of `l1_words`, of 4 x 4 operands from words 16 and 32. */
static td_engine_job product(void) {
  float* const words = (float*)(uintptr_t)l1_words;
  const td_engine_job result = {.y = words,
                                .a = words + 16,
                                .b = words + 32,
                                .rows = 4,
                                .columns = {4, 1},
                                .depth = {4, 1, 1},
                                .y_row = 4,
                                .y_column = {1, 0},
                                .a_row = 4,
                                .a_depth = {1, 0, 0},
                                .b_column = {1, 0},
                                .b_depth = {4, 0, 0},
                                .row_groups = 1,
                                .column_groups = 1};
  return result;
}

static td_engine_ticket start(td_engine_job job) {
  engine_job = job;
  return td_engine_start(&engine_job);
}

/* Mistakes with the matrix engine, and from 80 on right programs. */
static void use_engine(void) {
  td_engine_job work = product();
  switch (fault_case) {
    case 60:
      work.depth[1] = 0;
      break;
    case 61:
      work.a = (const float*)hidden((uintptr_t)work.a + 2);
      break;
    case 62: /* its last row leaves what the program has */
      work.y_row = 1 << 20;
      break;
    case 63:
      work.b = (const float*)(uintptr_t)l2_words;
      break;
    case 64: {
      static td_engine_job elsewhere TD_MEMORY(L2);
      elsewhere = work;
      (void)td_engine_start(&elsewhere);
      break;
    }
    case 67: /* a transfer writes what a job reads */
      (void)start(work);
      (void)copy(l1_words + 40, l2_words, 16);
      return;
    case 68: /* a job reads what a transfer writes */
      (void)copy(l1_words + 28, l2_words, 16);
      break;
    case 70:
      work.y += 15;
      break;
    case 71: /* outputs over each other */
      work.y_column[0] = 0;
      break;
    case 74: /* two jobs are in order, but nobody waited for them */
      (void)start(work);
      work.accumulate = 1;
      break;
    case 80: { /* zeros beside the image are not read: four columns of which two are inside */
      work.window = 2;
      work.window_begin = -1;
      work.window_column = 1;
      const td_engine_ticket started = start(work);
      l1_words[32] = l1_words[35] = 1;
      td_engine_wait(started);
      return;
    }
    case 81: { /* the second job continues the first, the third reads what the second writes */
      (void)start(work);
      work.accumulate = 1;
      (void)start(work);
      work = product();
      work.a = work.y;
      work.y += 48;
      td_engine_wait(start(work));
      l1_words[0] = l1_words[16] = l1_words[63] = 1;
      return;
    }
    case 84: /* a job that takes long, while all cores sleep */
      work.depth[1] = 500;
      td_engine_wait(start(work));
      l1_words[0] = l1_words[15];
      return;
    case 82: { /* cores and transfers may read what a job reads */
      const td_engine_ticket started = start(work);
      l1_words[60] = l1_words[16] + l1_words[47];
      td_dma_wait(copy(l2_words, l1_words + 20, 64));
      td_engine_wait(started);
      td_engine_wait(started);
      l1_words[20] = l1_words[15];
      return;
    }
    default:
      break;
  }
  (void)start(work);
  if (fault_case == 65) l1_words[48] = l1_words[15];
  if (fault_case == 66) l1_words[31] = 1;
  if (fault_case == 74) l1_words[48] = l1_words[3];
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
    case 69: /* what core 2 writes is read by a job of core 1 */
    case 72: /* what core 2 writes is core 1's job itself */
      if (team.core == 2 && fault_case == 69) l1_words[36] = 1;
      if (team.core == 2 && fault_case == 72) engine_job = product();
      for (uint32_t i = 0; i < 200; ++i) __asm__ volatile("");
      if (team.core == 1) {
        if (fault_case == 69) engine_job = product();
        td_engine_wait(td_engine_start(&engine_job));
      }
      break;
    case 73: /* core 0 has waited, core 3 has not */
      if (team.core == 0) td_engine_wait(start(product()));
      for (uint32_t i = 0; i < 300; ++i) __asm__ volatile("");
      if (team.core == 3) l1_words[48] = l1_words[7];
      break;
    case 83: /* a wait for another core's job */
      if (team.core == 0) ticket = start(product());
      td_team_barrier(team);
      if (team.core == 3) {
        td_engine_wait(ticket);
        l1_words[48] = l1_words[7];
      }
      td_team_barrier(team);
      l1_words[team.core] = 1;
      break;
    case 85: /* all cores ask for a place in the queue at once */
      engine_jobs[team.core] = product();
      engine_jobs[team.core].y += team.core;
      engine_jobs[team.core].rows = engine_jobs[team.core].columns[0] = 1;
      l1_words[16 + team.core] = 0x3F800000; /* 1.0 */
      l1_words[32 + 4 * team.core] = 0x3F000000 + (team.core << 20);
      td_team_barrier(team);
      engine_jobs[team.core].a += team.core;
      engine_jobs[team.core].b += 4 * team.core;
      engine_jobs[team.core].depth[0] = 1;
      td_engine_wait(td_engine_start(&engine_jobs[team.core]));
      if (l1_words[team.core] != 0x3F000000 + (team.core << 20)) td_exit(9);
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
  if (fault_case >= 60 && fault_case != 69 && fault_case != 72 && fault_case != 73 &&
      fault_case != 83 && fault_case != 85) {
    use_engine();
    return 0;
  }
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
    case 29: /* on a chip without an engine */
      td_engine_wait(0);
      break;
    default:
      td_team_run(job, NULL);
      break;
  }
  return 0;
}
