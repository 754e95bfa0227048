/* What the platform of threads promises and what it notices: the first argument says which. Ends
 * with status 0 if all is as it should be, 1 if not, and by the platform's own if it complains. */
#include <stdio.h>
#include <string.h>

#include "td_platform.h"

enum { kMost = 16, kRows = 7, kRowBytes = 13, kStride = 20 };

static uint32_t here[kMost], seen[kMost], size;

/* Every core says that it is here and, after the barrier, sees that the next one is. */
static void look_around(const void* args, td_team team) {
  for (uint32_t turn = 1; turn <= *(const uint32_t*)args; ++turn) {
    here[team.core] += 1;
    td_team_barrier(team);
    seen[team.core] += here[(team.core + 1) % team.cores];
    td_team_barrier(team);
  }
  if (team.core == 0) size = team.cores;
}

static int teams(void) {
  uint32_t sum = 0;
  for (uint32_t turns = 0; turns < 20; ++turns) {
    memset(here, 0, sizeof here);
    memset(seen, 0, sizeof seen);
    td_team_run(look_around, &turns);
    for (uint32_t core = 0; core < kMost; ++core)
      sum += seen[core] != (core < size) * turns * (turns + 1) / 2;
  }
  printf("%u\n", size);
  return sum != 0;
}

static uint8_t from[kMost * 3][kRows * kStride], to[kMost * 3][kRows * kStride];

/* More transfers than can be under way, waited for as `waits` says; the number of wrong bytes. */
static int transfers(int waits_each, int waits_all) {
  int wrong = 0;
  td_dma_ticket tickets[kMost * 3];
  for (int i = 0; i < kMost * 3; ++i) {
    for (int j = 0; j < kRows * kStride; ++j) from[i][j] = (uint8_t)(i * 7 + j);
    tickets[i] = td_dma_copy(to[i], from[i], kRowBytes, kRows, kStride, kStride);
  }
  for (int i = 0; waits_each && i < kMost * 3; ++i) td_dma_wait(tickets[(i * 11) % (kMost * 3)]);
  if (waits_all) td_dma_wait_all();
  for (int i = 0; i < kMost * 3; ++i)
    for (int j = 0; j < kRows * kStride; ++j)
      wrong += to[i][j] != (j % kStride < kRowBytes ? from[i][j] : 0);
  return wrong;
}

static void meets_alone(const void* args, td_team team) {
  (void)args;
  if (team.core == team.cores - 1) td_team_barrier(team);
}

static void runs_a_job(const void* args, td_team team) {
  if (team.core == 0) td_team_run(meets_alone, args);
}

static void talks(const void* args, td_team team) {
  (void)args;
  if (team.core == team.cores - 1) td_write("x", 1);
}

int main(int count, char** words) {
  const char* what = count == 2 ? words[1] : "";
  if (strcmp(what, "teams") == 0) return teams();
  if (strcmp(what, "waits") == 0) return transfers(1, 0) != 0;
  if (strcmp(what, "wait_all") == 0) return transfers(0, 1) != 0;
  if (strcmp(what, "no_wait") == 0) return transfers(0, 0) != 0;
  if (strcmp(what, "meets_alone") == 0) td_team_run(meets_alone, 0);
  if (strcmp(what, "runs_a_job") == 0) td_team_run(runs_a_job, 0);
  if (strcmp(what, "talks") == 0) td_team_run(talks, 0);
  return 2;
}
