/// The order of instructions, where a core issues one after the other and shares its FPU.
#ifndef TD_ORDER_H
#define TD_ORDER_H

#include "td_kernel.h"

/// Before a function whose statements are in a good order already. gcc would gather its loads, or
/// its operations of the FPU, and two cores then wait for each other. `option` is one more of its
/// own: what one loop gains by costs another.
#if defined(__riscv) && !defined(__clang__)
#define TD_AS_WRITTEN(option) \
  __attribute__((optimize("no-schedule-insns", "no-schedule-insns2", option)))
#else
#define TD_AS_WRITTEN(option)
#endif

/// `value`, which is computed here: neither earlier nor where it is used.
TD_INLINE float td_here(float value) {
#if defined(__riscv_flen)
  __asm__ volatile("" : "+f"(value));
#endif
  return value;
}

/// The same of a pointer, which is moved here.
#if defined(__riscv)
#define TD_KEEP_HERE(pointer) __asm__ volatile("" : "+r"(pointer))
#else
#define TD_KEEP_HERE(pointer) ((void)0)
#endif

#if defined(__riscv)
/// Looser than those above: what nobody uses goes, and its place is that of the statement only
/// where statements stay as they are written. The compiler is to keep a pointer or step as it is;
/// else it computes addresses anew.
#define TD_KEEP(value) __asm__("" : "+r"(value))

/// It is to load a value here; else it does so where the value is used.
#define TD_LOADED(value) __asm__("" : "+f"(value))

/// A hot loop that follows begins at a word: a jump to a 32-bit instruction that is not aligned to
/// its size takes a cycle more.
#define TD_ALIGN_LOOP(counter) __asm__(".balign 4" : "+r"(counter))
#endif

#endif
