// Times the training step of a generated model on this machine, for host_torch.py.
//
// Usage: PROGRAM INPUT [LABELS], the samples of one step, raw. It reads commands from its standard
// input, a line each, and answers each of them by a line:
//
//   weights FILE   writes all variables there, raw, in their order
//   step           takes a step, puts the initial weights back, and takes a step that is timed: its
//                  nanoseconds by the wall's clock and of processor time, and its loss
//
// It is compiled with HEADER, that of the model, MODEL, its prefix, VARIABLES, its macro of that
// name, INPUT and LABELS, the numbers of elements of the input and of labels, of which there may be
// none.
#define _POSIX_C_SOURCE 200809L

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include HEADER

#define JOIN(a, b) a##_##b
#define OF(model, name) JOIN(model, name)
#define MODEL_(name) OF(MODEL, name)

static float input[INPUT];
#if LABELS
static int32_t labels[LABELS];
#endif

static void end(const char* what) {
  fprintf(stderr, "host_step: %s\n", what);
  exit(1);
}

static void read_file(const char* path, void* to, size_t bytes) {
  FILE* file = fopen(path, "rb");
  if (!file || fread(to, 1, bytes, file) != bytes || fgetc(file) != EOF) end(path);
  fclose(file);
}

static void write_variables(const char* path) {
  FILE* file = fopen(path, "wb");
  if (!file) end(path);
  for (int i = 0; i < VARIABLES; ++i) {
    const size_t elements = MODEL_(variables)[i].elements;
    if (fwrite(MODEL_(variables)[i].value, sizeof(float), elements, file) != elements) end(path);
  }
  if (fclose(file) != 0) end(path);
}

static void begin(void) {
  if (MODEL_(init)(NULL) != 0) end("init");
}

static float step(void) {
  float loss = 0;
#if LABELS
  const int status = (int)MODEL_(train_step)(input, labels, &loss);
#else
  const int status = (int)MODEL_(train_step)(input, &loss);
#endif
  if (status != 0) end("train_step");
  return loss;
}

/// Nanoseconds.
static int64_t now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int main(int count, char** arguments) {
  static char line[4096];
  if (count != (LABELS ? 3 : 2)) end("what is to be read?");
  read_file(arguments[1], input, sizeof input);
#if LABELS
  read_file(arguments[2], labels, sizeof labels);
#endif
  begin();
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (strcmp(line, "step") == 0) {
      begin();
      step();
      begin();
      const int64_t wall = now(CLOCK_MONOTONIC);
      const int64_t processor = now(CLOCK_PROCESS_CPUTIME_ID);
      const float loss = step();
      const int64_t of_processor = now(CLOCK_PROCESS_CPUTIME_ID) - processor;
      const int64_t of_wall = now(CLOCK_MONOTONIC) - wall;
      printf("%" PRId64 " %" PRId64 " %.9g\n", of_wall, of_processor, (double)loss);
    } else if (strncmp(line, "weights ", 8) == 0) {
      write_variables(line + 8);
      printf("written\n");
    } else {
      end(line);
    }
    fflush(stdout);
  }
  return 0;
}
