/* A platform of POSIX threads, for tests: what `runtime/td_platform.h` leaves open is decided by a
 * seed, and what it forbids ends the program with status 103 and a sentence.
 *
 *   teams      1 to 16 threads, made for each job and gone after it, in any order; some jobs begin
 *              only when all of them are there, so that they run at the same time
 *   transfers  copy at once, beside the cores, or when they are waited for; until then bytes that
 *              nobody may touch are 0xff
 *   engine     computes a job at once, beside the cores, or when it is waited for, in the order of
 *              the starts; until then results are 0xff where no job before it may read them
 *
 * The environment says TD_THREADS_CORES (3 without it) and TD_THREADS_SEED (0). */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "td_engine.h"
#include "td_platform.h"

enum { kMostCores = 16, kMostTransfers = 16, kMostEngineJobs = 3, kStatusMisuse = 103 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of all that follows */
static uint32_t team_cores;                              /* 0: not read yet */
static uint64_t state;                                   /* of the random numbers */
static pthread_t main_thread;
static struct {
  td_team_function function; /* null: there is no job */
  uint32_t meeting;          /* cores that wait at the barrier */
  uint32_t returned;         /* cores that have returned from the job */
  uint32_t meetings;         /* barriers that all have passed */
  pthread_cond_t passed;
} job = {.passed = PTHREAD_COND_INITIALIZER};

_Noreturn static void misuse(const char* what) {
  fprintf(stderr, "threads platform: %s\n", what);
  _exit(kStatusMisuse);
}

static uint64_t number_in(const char* variable, uint64_t otherwise) {
  const char* text = getenv(variable);
  return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

/* Reads the environment at the first call. */
static void prepare(void) {
  if (team_cores != 0) return;
  const uint64_t cores = number_in("TD_THREADS_CORES", 3);
  if (cores < 1 || cores > kMostCores) misuse("TD_THREADS_CORES is not 1 to 16");
  team_cores = (uint32_t)cores;
  state = number_in("TD_THREADS_SEED", 0);
  main_thread = pthread_self();
}

/* 0 to count - 1 (splitmix64). */
static uint32_t draw(uint32_t count) {
  state += 0x9e3779b97f4a7c15u;
  uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)(z >> 33) % count;
}

/* ---- streams, end, clock --------------------------------------------------------------------- */

/* The streams are core 0's, outside of jobs. */
static void check_no_job(const char* what) {
  pthread_mutex_lock(&lock);
  if (job.function != NULL) misuse(what);
  pthread_mutex_unlock(&lock);
}

size_t td_read(void* data, size_t bytes) {
  check_no_job("td_read within a job");
  return fread(data, 1, bytes, stdin);
}

void td_write(const void* data, size_t bytes) {
  check_no_job("td_write within a job");
  if (fwrite(data, 1, bytes, stdout) != bytes || fflush(stdout) != 0) td_exit(1);
}

void td_exit(int status) {
  _exit(status);
}

uint64_t td_cycles(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* ---- teams ----------------------------------------------------------------------------------- */

/* Under the lock. */
static void check_meeting(void) {
  if (job.meeting > 0 && job.returned > 0) misuse("not all cores come to a barrier");
}

/* Waits under the lock until all cores are here. */
static void meet(void) {
  const uint32_t meeting = job.meetings;
  if (++job.meeting == team_cores) {
    job.meeting = 0;
    ++job.meetings;
    pthread_cond_broadcast(&job.passed);
  }
  while (job.meetings == meeting) pthread_cond_wait(&job.passed, &lock);
}

typedef struct {
  td_team_function function;
  const void* args;
  td_team team;
  uint32_t yields;
  pthread_barrier_t* gate; /* null: begins at once */
} part;

/* Nothing here makes a core begin after another has ended: what two cores do to one element is not
 * ordered, and ThreadSanitizer says so. */
static void run_part(const part* mine) {
  if (mine->gate != NULL) pthread_barrier_wait(mine->gate);
  for (uint32_t i = 0; i < mine->yields; ++i) sched_yield();
  mine->function(mine->args, mine->team);
  pthread_mutex_lock(&lock);
  ++job.returned;
  check_meeting();
  pthread_mutex_unlock(&lock);
}

static void* run_thread(void* mine) {
  run_part((const part*)mine);
  return NULL;
}

void td_team_run(td_team_function function, const void* args) {
  part parts[kMostCores];
  pthread_t threads[kMostCores];
  pthread_mutex_lock(&lock);
  prepare();
  if (!pthread_equal(pthread_self(), main_thread)) misuse("td_team_run on another core than 0");
  if (job.function != NULL) misuse("td_team_run within a job");
  job.function = function;
  job.returned = 0;
  const uint32_t cores = team_cores, begins_together = draw(4) == 0, first = draw(cores);
  pthread_barrier_t gate;
  if (pthread_barrier_init(&gate, NULL, cores) != 0) misuse("no barrier can be made");
  for (uint32_t core = 0; core < cores; ++core)
    parts[core] = (part){.function = function,
                         .args = args,
                         .team = {.core = core, .cores = cores},
                         .yields = draw(8) / 6 * draw(8),
                         .gate = begins_together ? &gate : NULL};
  pthread_mutex_unlock(&lock);
  for (uint32_t i = 0; i < cores; ++i) {
    const uint32_t core = (first + i) % cores;
    if (core != 0 && pthread_create(&threads[core], NULL, run_thread, &parts[core]) != 0)
      misuse("no thread can be made");
  }
  run_part(&parts[0]);
  for (uint32_t core = 1; core < cores; ++core) pthread_join(threads[core], NULL);
  pthread_barrier_destroy(&gate);
  pthread_mutex_lock(&lock);
  job.function = NULL;
  pthread_mutex_unlock(&lock);
}

void td_team_barrier(td_team team) {
  pthread_mutex_lock(&lock);
  if (job.function == NULL || team.cores != team_cores)
    misuse("td_team_barrier outside of its job");
  if (job.returned > 0) misuse("not all cores come to a barrier");
  meet();
  pthread_mutex_unlock(&lock);
}

/* ---- transfers ------------------------------------------------------------------------------- */

typedef struct {
  void* to;
  const void* from;
  uint32_t row_bytes, rows, to_stride, from_stride;
} rows_copy;

typedef struct {
  rows_copy copy;
  td_dma_ticket ticket;
  enum { kDone, kWaits, kRuns } progress;
  pthread_t engine; /* of one that runs */
} transfer;

/* That of a ticket is `transfers[ticket % kMostTransfers]`. */
static transfer transfers[kMostTransfers];
static td_dma_ticket next_ticket;

static void copy_rows(const rows_copy* copy) {
  for (size_t row = 0; row < copy->rows; ++row)
    memcpy((uint8_t*)copy->to + row * copy->to_stride,
           (const uint8_t*)copy->from + row * copy->from_stride, copy->row_bytes);
}

static void* run_engine(void* of) {
  sched_yield();
  copy_rows((const rows_copy*)of);
  return NULL;
}

/* Under the lock. */
static void complete(transfer* each) {
  if (each->progress == kWaits) copy_rows(&each->copy);
  if (each->progress == kRuns) pthread_join(each->engine, NULL);
  each->progress = kDone;
}

td_dma_ticket td_dma_copy(void* to, const void* from, uint32_t row_bytes, uint32_t rows,
                          uint32_t to_stride, uint32_t from_stride) {
  pthread_mutex_lock(&lock);
  prepare();
  transfer* const each = &transfers[next_ticket % kMostTransfers];
  complete(each);
  each->ticket = next_ticket++;
  each->copy = (rows_copy){to, from, row_bytes, rows, to_stride, from_stride};
  const uint32_t when = draw(3);
  if (when == 0) {
    copy_rows(&each->copy);
  } else {
    for (size_t row = 0; row < rows; ++row) memset((uint8_t*)to + row * to_stride, 0xff, row_bytes);
    each->progress = kWaits;
    if (when == 1 && pthread_create(&each->engine, NULL, run_engine, &each->copy) == 0)
      each->progress = kRuns;
  }
  const td_dma_ticket ticket = each->ticket;
  pthread_mutex_unlock(&lock);
  return ticket;
}

void td_dma_wait(td_dma_ticket ticket) {
  pthread_mutex_lock(&lock);
  transfer* const each = &transfers[ticket % kMostTransfers];
  if (each->ticket == ticket) complete(each); /* otherwise it had to make room */
  pthread_mutex_unlock(&lock);
}

void td_dma_wait_all(void) {
  pthread_mutex_lock(&lock);
  for (uint32_t i = 0; i < kMostTransfers; ++i) complete(&transfers[i]);
  pthread_mutex_unlock(&lock);
}

/* ---- matrix engine --------------------------------------------------------------------------- */

/* That of a ticket is `engine.jobs[ticket % kMostEngineJobs]`. */
static struct {
  td_engine_job jobs[kMostEngineJobs];
  uint32_t started, complete;
  pthread_t thread; /* computes the jobs before `until`, without the lock */
  uint32_t until;   /* `complete`: there is no thread */
} engine;

static void compute_jobs(uint32_t until) {
  for (uint32_t i = engine.complete; i < until; ++i)
    td_engine_compute(&engine.jobs[i % kMostEngineJobs]);
}

static void* run_jobs(void* unused) {
  sched_yield();
  compute_jobs(engine.until);
  return unused;
}

/* Under the lock. */
static void complete_jobs(uint32_t until) {
  if (engine.complete >= until) return;
  if (engine.until > engine.complete) {
    pthread_join(engine.thread, NULL);
    engine.complete = engine.until;
  }
  compute_jobs(until);
  if (engine.complete < until) engine.complete = until;
  engine.until = engine.complete;
}

static void spoil_results(const td_engine_job* of) {
  for (uint32_t row = 0; row < of->rows; ++row)
    for (uint32_t outer = 0; outer < of->columns[1]; ++outer)
      for (uint32_t inner = 0; inner < of->columns[0]; ++inner)
        memset(of->y + (int32_t)row * of->y_row + (int32_t)outer * of->y_column[1] +
                   (int32_t)inner * of->y_column[0],
               0xff, sizeof(float));
}

td_engine_ticket td_engine_start(const td_engine_job* of) {
  pthread_mutex_lock(&lock);
  prepare();
  const td_engine_ticket ticket = engine.started;
  if (engine.started - engine.complete == kMostEngineJobs) complete_jobs(engine.complete + 1);
  if (engine.started == engine.complete && !of->accumulate) spoil_results(of);
  engine.jobs[engine.started++ % kMostEngineJobs] = *of;
  const uint32_t when = draw(3);
  if (when == 0) complete_jobs(engine.started);
  if (when == 1 && engine.until == engine.complete) {
    engine.until = engine.started;
    if (pthread_create(&engine.thread, NULL, run_jobs, NULL) != 0) misuse("no thread can be made");
  }
  pthread_mutex_unlock(&lock);
  return ticket;
}

void td_engine_wait(td_engine_ticket ticket) {
  if (ticket == TD_ENGINE_NO_JOB) return;
  pthread_mutex_lock(&lock);
  if (ticket >= engine.started) misuse("td_engine_wait for a job that has not been started");
  complete_jobs(ticket + 1);
  pthread_mutex_unlock(&lock);
}
