#include "td_position.h"

/// Two random words.
typedef struct {
  uint32_t first, second;
} td_words;

TD_INLINE td_words td_round(td_words x, int32_t rotation) {
  x.first += x.second;
  x.second = ((x.second << rotation) | (x.second >> (32 - rotation))) ^ x.first;
  return x;
}

/// Four rounds, then two words of the key.
TD_INLINE td_words td_rounds(td_words x, int32_t r0, int32_t r1, int32_t r2, int32_t r3,
                             uint32_t first, uint32_t second) {
  x = td_round(td_round(td_round(td_round(x, r0), r1), r2), r3);
  return (td_words){x.first + first, x.second + second};
}

/// Threefry-2x32 with 20 rounds (Salmon et al. 2011) of the key (key, 0) and the counter (counter,
/// 0).
TD_INLINE td_words td_threefry(uint32_t key, uint32_t counter) {
  const uint32_t parity = key ^ 0x1bd11bdau;
  td_words x = {counter + key, 0};
  x = td_rounds(x, 13, 15, 26, 6, 0, parity + 1);
  x = td_rounds(x, 17, 29, 16, 24, parity, key + 2);
  x = td_rounds(x, 13, 15, 26, 6, key, 3);
  x = td_rounds(x, 17, 29, 16, 24, 0, parity + 4);
  return td_rounds(x, 13, 15, 26, 6, parity, key + 5);
}

/// y = +0 where the upper 24 bits of an element's random word are less than `threshold`, else x
/// scale. Two neighbours in the whole tensor share the two words of a block. The work items are
/// elements.
void td_drop_f32(const td_drop_f32_args* args, td_team team) {
  td_range share = td_share(td_element_count(args->rank, args->extent), team);
  td_position position = td_position_of(share.begin, args->rank, args->extent);
  const uint32_t key = td_bits_of_float(args->step[0]);
  int32_t block = -1;
  td_words words = {0, 0};
  for (; share.begin < share.end; ++share.begin) {
    const int32_t element =
        args->first_position + td_offset_of(&position, args->rank, args->position_stride);
    if (element / 2 != block) {
      block = element / 2;
      words = td_threefry(key, (uint32_t)block);
    }
    const float x = args->x[td_offset_of(&position, args->rank, args->x_stride)];
    const uint32_t word = element % 2 == 0 ? words.first : words.second;
    args->y[td_offset_of(&position, args->rank, args->y_stride)] =
        (int32_t)(word >> 8) < args->threshold ? 0.0f : x * args->scale;
    td_next_element(&position, args->rank, args->extent);
  }
}
