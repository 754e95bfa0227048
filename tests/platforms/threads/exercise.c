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

/* Sums of 1 to i; each job needs what the one before it has written, or overwrites what that has
 * read. The number of wrong results, waited for if `waits`. */
static int jobs(int waits) {
  enum { kJobs = 12 };
  static float sums[kJobs + 1], terms[kJobs + 1];
  static const float one = 1;
  int wrong = 0;
  td_engine_ticket tickets[kJobs + 1] = {0};
  for (int i = 1; i <= kJobs; ++i) {
    terms[i] = (float)i;
    td_engine_job each = {.y = &sums[i],
                          .a = &one,
                          .b = &sums[i - 1],
                          .rows = 1,
                          .columns = {1, 1},
                          .depth = {1, 1, 1},
                          .row_groups = 1,
                          .column_groups = 1};
    td_engine_start(&each);
    each.b = &terms[i];
    each.accumulate = 1;
    tickets[i] = td_engine_start(&each);
    if (i % 2 == 0) { /* its factor has been read */
      each.y = &terms[i];
      each.accumulate = 0;
      each.b = &one;
      tickets[i] = td_engine_start(&each);
    }
    if (i % 3 != 0) continue;
    if (waits) td_engine_wait(tickets[i]);
    wrong += sums[i] != (float)(i * (i + 1) / 2);
  }
  td_engine_wait(waits ? tickets[kJobs] : TD_ENGINE_NO_JOB);
  for (int i = 1; i <= kJobs; ++i)
    wrong += sums[i] != (float)(i * (i + 1) / 2) || terms[i] != (i % 2 == 0 ? 1.0f : (float)i);
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
  if (strcmp(what, "jobs") == 0) return jobs(1) != 0;
  if (strcmp(what, "jobs_no_wait") == 0) return jobs(0) != 0;
  if (strcmp(what, "waits_for_no_start") == 0) td_engine_wait(0);
  if (strcmp(what, "meets_alone") == 0) td_team_run(meets_alone, 0);
  if (strcmp(what, "runs_a_job") == 0) td_team_run(runs_a_job, 0);
  if (strcmp(what, "talks") == 0) td_team_run(talks, 0);
  return 2;
}
