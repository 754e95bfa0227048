/* How the learning rate moves over updates. All results are factors of the base rate, made of single
 * additions, multiplications and divisions, so that every machine gets the same bits.
 *
 * `update`: number of updates done, from 0. During the first `warmup` updates the factor rises
 * linearly, (update + 1) / warmup; `warmup` may be 0. */
#ifndef TD_SCHEDULE_H
#define TD_SCHEDULE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 1 after the warm-up. */
float td_schedule_warmup(uint32_t update, uint32_t warmup);

/* From 1 at the end of the warm-up in a straight line to `last` at update `total`, and `last` from
 * there on. total > warmup. */
float td_schedule_linear(uint32_t update, uint32_t warmup, uint32_t total, float last);

/* The same along half a cosine (Loshchilov and Hutter, SGDR, 2017, without restarts). */
float td_schedule_cosine(uint32_t update, uint32_t warmup, uint32_t total, float last);

#ifdef __cplusplus
}
#endif

#endif
