#include "td_schedule.h"

#include "td_math.h"

/* How far the decay has come: 0 at the end of the warm-up, 1 from `total` on. */
static float progress(uint32_t update, uint32_t warmup, uint32_t total) {
  if (update >= total) return 1.0f;
  return (float)(update - warmup) / (float)(total - warmup);
}

float td_schedule_warmup(uint32_t update, uint32_t warmup) {
  return update < warmup ? (float)(update + 1) / (float)warmup : 1.0f;
}

float td_schedule_linear(uint32_t update, uint32_t warmup, uint32_t total, float last) {
  if (update < warmup) return td_schedule_warmup(update, warmup);
  return 1.0f + (last - 1.0f) * progress(update, warmup, total);
}

float td_schedule_cosine(uint32_t update, uint32_t warmup, uint32_t total, float last) {
  if (update < warmup) return td_schedule_warmup(update, warmup);
  const float wave = td_cosf(3.14159274f * progress(update, warmup, total));
  return last + (1.0f - last) * (0.5f * (1.0f + wave));
}
