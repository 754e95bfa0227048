/* The four functions that a freestanding GCC or Clang may call on its own. The attribute keeps the
 * compiler from turning their loops into calls of themselves. */
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) && !defined(__clang__)
#define TD_KEEP_LOOPS __attribute__((optimize("no-tree-loop-distribute-patterns")))
#else
#define TD_KEEP_LOOPS __attribute__((no_builtin))
#endif

void* memcpy(void* restrict to, const void* restrict from, size_t bytes);
void* memmove(void* to, const void* from, size_t bytes);
void* memset(void* to, int value, size_t bytes);
int memcmp(const void* left, const void* right, size_t bytes);

/* Copies word by word where both sides allow it. The words may be of any type, hence `may_alias`.
 */
typedef uint32_t __attribute__((may_alias)) td_word;

TD_KEEP_LOOPS void* memcpy(void* restrict to, const void* restrict from, size_t bytes) {
  uint8_t* target = to;
  const uint8_t* source = from;
  if ((((uintptr_t)target | (uintptr_t)source) & 3U) == 0) {
    for (; bytes >= 4; bytes -= 4, target += 4, source += 4)
      *(td_word*)(void*)target = *(const td_word*)(const void*)source;
  }
  for (; bytes > 0; --bytes) *target++ = *source++;
  return to;
}

TD_KEEP_LOOPS void* memmove(void* to, const void* from, size_t bytes) {
  uint8_t* target = to;
  const uint8_t* source = from;
  if ((uintptr_t)target <= (uintptr_t)source) {
    for (; bytes > 0; --bytes) *target++ = *source++;
  } else {
    for (; bytes > 0; --bytes) target[bytes - 1] = source[bytes - 1];
  }
  return to;
}

TD_KEEP_LOOPS void* memset(void* to, int value, size_t bytes) {
  uint8_t* target = to;
  const uint32_t byte = (uint32_t)value & 0xFFU;
  const uint32_t word = byte * 0x01010101U;
  for (; bytes > 0 && ((uintptr_t)target & 3U) != 0; --bytes) *target++ = (uint8_t)byte;
  for (; bytes >= 4; bytes -= 4, target += 4) *(td_word*)(void*)target = word;
  for (; bytes > 0; --bytes) *target++ = (uint8_t)byte;
  return to;
}

TD_KEEP_LOOPS int memcmp(const void* left, const void* right, size_t bytes) {
  const uint8_t* a = left;
  const uint8_t* b = right;
  for (; bytes > 0; --bytes, ++a, ++b) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}
