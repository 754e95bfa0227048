/* Uses every function of the platform once: reads a length and that many words, copies them by DMA
 * into L1, doubles them on all cores, copies them back and writes them. The answer is the same on
 * every board. */
#include "td_platform.h"

enum { kMaximumWords = 1024, kRowWords = 16 };

typedef struct {
  uint32_t* words;
  uint32_t count;
} double_args;

static uint32_t outside[kMaximumWords] TD_MEMORY(L2);
static uint32_t inside[kMaximumWords] TD_MEMORY(L1);

static void double_words(const void* args, td_team team) {
  const double_args* const job = args;
  for (uint32_t i = team.core; i < job->count; i += team.cores) job->words[i] *= 2;
  td_team_barrier(team);
  /* After the barrier another core's word is complete. */
  if (team.core == 0 && job->count > 1) job->words[0] += job->words[1];
}

int main(void) {
  uint32_t count = 0;
  if (td_read(&count, sizeof(count)) != sizeof(count) || count > kMaximumWords) return 2;
  if (td_read(outside, count * sizeof(uint32_t)) != count * sizeof(uint32_t)) return 2;
  const uint64_t start = td_cycles();
  const uint32_t rows = count / kRowWords;
  const uint32_t row_bytes = kRowWords * sizeof(uint32_t);
  const td_dma_ticket ticket = td_dma_copy(inside, outside, row_bytes, rows, row_bytes, row_bytes);
  td_dma_wait(ticket);
  const double_args args = {inside, rows * kRowWords};
  td_team_run(double_words, &args);
  (void)td_dma_copy(outside, inside, row_bytes, rows, row_bytes, row_bytes);
  td_dma_wait_all();
  if (td_cycles() <= start) return 3;
  td_write(outside, count * sizeof(uint32_t));
  return 0;
}
