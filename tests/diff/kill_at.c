/* Preloaded into a program, kills it at the KILL_AT-th call that changes files, before the call is
 * made, as `kill -9` would. KILL_COUNT names a file that takes the number of such calls of a whole
 * run, and which of them exchanged two folders. NO_EXCHANGE makes every file system one that cannot
 * exchange two folders. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static long calls;
static long exchange;

static void count(void) {
  const char* at = getenv("KILL_AT");
  ++calls;
  if (at != NULL && calls == atol(at)) raise(SIGKILL);
}

__attribute__((destructor)) static void tell(void) {
  const char* path = getenv("KILL_COUNT");
  FILE* file = path == NULL ? NULL : fopen(path, "w");
  if (file == NULL) return;
  fprintf(file, "%ld %ld\n", calls, exchange);
  fclose(file);
}

#define NEXT(name) __typeof__(name)* next = (__typeof__(name)*)dlsym(RTLD_NEXT, #name)

int renameat2(int from, const char* old, int to, const char* new, unsigned flags) {
  NEXT(renameat2);
  count();
  exchange = calls;
  if (getenv("NO_EXCHANGE") != NULL) {
    errno = EINVAL;
    return -1;
  }
  return next(from, old, to, new, flags);
}
int rename(const char* old, const char* new) {
  NEXT(rename);
  count();
  return next(old, new);
}
char* mkdtemp(char* pattern) {
  NEXT(mkdtemp);
  count();
  return next(pattern);
}
int mkdir(const char* path, mode_t mode) {
  NEXT(mkdir);
  count();
  return next(path, mode);
}
int unlinkat(int folder, const char* path, int flags) {
  NEXT(unlinkat);
  count();
  return next(folder, path, flags);
}
int remove(const char* path) {
  NEXT(remove);
  count();
  return next(path);
}
int open(const char* path, int flags, ...) {
  NEXT(open);
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if ((flags & O_CREAT) != 0) count();
  return next(path, flags, mode);
}
ssize_t write(int file, const void* bytes, size_t length) {
  NEXT(write);
  count();
  return next(file, bytes, length);
}
