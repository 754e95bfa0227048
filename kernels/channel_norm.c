#include "td_kernels.h"
#include "td_order.h"

// Channels whose chains run side by side, so that one hides the latency of another, and steps of a
// chain that are written out: where the FPU is near, a branch takes as long as a step, and eight
// steps hide the latency as well.
#if defined(__riscv)
#define TD_CHANNELS 1
#define TD_STEPS(summand) ((summand) == td_b ? 16 : 8)
#define TD_STEPWISE _Pragma("GCC unroll 16")
#define TD_CHAINS TD_LANES
#else
#define TD_CHANNELS 4
#define TD_CHAINS _Pragma("GCC unroll 4")
#endif

// Their elements lie apart: gathered into a vector, as clang would, four of them take six times as
// long as one by one.
#if defined(__clang__) && defined(__SSE2__)
#define TD_APART(sum) __asm__("" : "+x"(sum))
#else
#define TD_APART(sum) ((void)0)
#endif

/// How tensors [image][channel][position] with dense positions lie.
typedef struct {
  int32_t images, positions;
  int32_t a_image, a_channel, b_image, b_channel;
} td_planes;

/// What is summed of the elements a and b of a position.
typedef enum {
  td_b,                         // b
  td_b_deviation,               // b - mean
  td_b_deviation_squared,       // (b - mean)^2, fused
  td_a_times_scaled_deviation,  // a * ((b - mean) * rstd), fused
} td_summand;

TD_INLINE float td_add_summand(float sum, float a, float b, float mean, float rstd,
                               td_summand summand) {
  if (summand == td_b) return sum + b;
  const float deviation = b - mean;
  if (summand == td_b_deviation) return sum + deviation;
  if (summand == td_b_deviation_squared) return td_fmaf(deviation, deviation, sum);
  return td_fmaf(a, deviation * rstd, sum);
}

/// One chain for each of `count` channels, over images and then positions, ascending; from y or
/// from +0. `mean` and `rstd` have an element for each of these channels. `count` and `summand` are
/// constants.
TD_INLINE void td_channel_chains(float* y, const float* a, const float* b, const float* mean,
                                 const float* rstd, td_planes planes, int32_t count,
                                 uint32_t accumulate, td_summand summand) {
  float sum[TD_CHANNELS];
  TD_CHAINS for (int32_t j = 0; j < count; ++j) sum[j] = accumulate ? y[j] : 0.0f;
  for (int32_t image = 0; image < planes.images; ++image) {
    const float* const from_a = a + image * planes.a_image;
    const float* const from_b = b + image * planes.b_image;
    int32_t i = 0;
#if defined(__riscv)
    const int32_t steps = TD_STEPS(summand);
    TD_ROLLED for (; i <= planes.positions - steps; i += steps) {
      float next = summand == td_b ? td_here(from_b[i]) : 0.0f;
      TD_STEPWISE for (int32_t k = 0; k < steps; ++k) {
        if (summand == td_b) {  // a load between two additions, of which one waits for the other
          const float value = next;
          if (k < steps - 1) next = td_here(from_b[i + k + 1]);
          sum[0] = td_here(sum[0] + value);
        } else {
          sum[0] = td_add_summand(sum[0], from_a[i + k], from_b[i + k], mean[0], rstd[0], summand);
        }
      }
    }
#endif
    TD_ROLLED for (; i < planes.positions; ++i) {
      TD_CHAINS for (int32_t j = 0; j < count; ++j) {
        sum[j] = td_add_summand(sum[j], from_a[j * planes.a_channel + i],
                                from_b[j * planes.b_channel + i], mean[j], rstd[j], summand);
        TD_APART(sum[j]);
      }
    }
  }
  TD_CHAINS for (int32_t j = 0; j < count; ++j) y[j] = sum[j];
}

static inline float td_rstd(float variance, float epsilon) {
  return 1.0f / td_sqrtf(variance + epsilon);
}

/// One chain for each channel of `share` over x and its mean, which is 0 if `means` is null.
TD_INLINE void td_sum_channels(float* y, const float* x, const float* means, td_planes planes,
                               td_range share, uint32_t accumulate, td_summand summand) {
  float mean[TD_CHANNELS] = {0.0f};
  for (int32_t c = share.begin; c < share.end;) {
    const int32_t count = c + TD_CHANNELS <= share.end ? TD_CHANNELS : 1;
    const float* const from = x + c * planes.a_channel;
    for (int32_t j = 0; summand != td_b && j < count; ++j) mean[j] = means[c + j];
    if (count == TD_CHANNELS)
      td_channel_chains(y + c, from, from, mean, mean, planes, TD_CHANNELS, accumulate, summand);
    else
      td_channel_chains(y + c, from, from, mean, mean, planes, 1, accumulate, summand);
    c += count;
  }
}

/// The sum of each channel, or of x - mean. The work items are channels.
void td_channel_sum_f32(const td_channel_sum_f32_args* args, td_team team) {
  const td_channel_sum_f32_args p = *args;
  const td_planes planes = {p.images, p.positions, p.x_image, p.x_channel, p.x_image, p.x_channel};
  const td_range share = td_share(p.channels, team);
  if (p.mean)
    td_sum_channels(p.y, p.x, p.mean, planes, share, p.accumulate, td_b_deviation);
  else
    td_sum_channels(p.y, p.x, p.mean, planes, share, p.accumulate, td_b);
}

/// The sum of (x - mean)^2 of each channel, fused multiply-adds. The work items are channels.
void td_channel_squares_f32(const td_channel_squares_f32_args* args, td_team team) {
  const td_channel_squares_f32_args p = *args;
  const td_planes planes = {p.images, p.positions, p.x_image, p.x_channel, p.x_image, p.x_channel};
  td_sum_channels(p.y, p.x, p.mean, planes, td_share(p.channels, team), p.accumulate,
                  td_b_deviation_squared);
}

/// dweight = the sum of dy * (x - mean) * rstd of each channel, fused multiply-adds, with
/// rstd = 1 / sqrt(variance + epsilon). The work items are channels.
void td_channel_norm_weight_grad_f32(const td_channel_norm_weight_grad_f32_args* args,
                                     td_team team) {
  const td_channel_norm_weight_grad_f32_args p = *args;
  const td_range share = td_share(p.channels, team);
  const td_planes planes = {p.images,     p.positions, p.dy_image,
                            p.dy_channel, p.x_image,   p.x_channel};
  for (int32_t c = share.begin; c < share.end;) {
    const int32_t count = c + TD_CHANNELS <= share.end ? TD_CHANNELS : 1;
    const float* const dy = p.dy + c * p.dy_channel;
    const float* const x = p.x + c * p.x_channel;
    float mean[TD_CHANNELS], rstd[TD_CHANNELS];
    for (int32_t j = 0; j < count; ++j) {
      mean[j] = p.mean[c + j];
      rstd[j] = td_rstd(p.variance[c + j], p.epsilon);
    }
    if (count == TD_CHANNELS)
      td_channel_chains(p.dweight + c, dy, x, mean, rstd, planes, TD_CHANNELS, p.accumulate,
                        td_a_times_scaled_deviation);
    else
      td_channel_chains(p.dweight + c, dy, x, mean, rstd, planes, 1, p.accumulate,
                        td_a_times_scaled_deviation);
    c += count;
  }
}

/// y = (x - mean) * scale + bias. y may be x.
static TD_AS_WRITTEN("align-loops=4") void td_normalize(float* y, const float* x, int32_t count,
                                                        float mean, float scale, float bias) {
#if defined(__riscv)
  // Every other instruction is the FPU's, which two cores share.
  TD_ROLLED for (const float* const end = x + count / 8 * 8; x != end; y += 8) {
    float value[8];
    TD_STEPWISE for (int32_t k = 0; k < 8 + 4; ++k) {
      if (k < 8) value[k] = td_here(x[k]);
      if (k >= 1 && k - 1 < 8) value[k - 1] = td_here(value[k - 1] - mean);
      if (k >= 4) y[k - 4] = value[k - 4];
      if (k >= 2 && k - 2 < 8) value[k - 2] = td_here(td_fmaf(value[k - 2], scale, bias));
      if (k == 9) {
        x += 8;
        TD_KEEP_HERE(x);
      }
    }
  }
  count %= 8;
  TD_ROLLED for (int32_t i = 0; i < count; ++i) y[i] = td_fmaf(x[i] - mean, scale, bias);
#else
  TD_INDEPENDENT(i, 0, count, y, td_fmaf(x[i] - mean, scale, bias));
#endif
}

/// y = (x - mean) * (rstd * weight) + bias, each of the channel. y may be x. The work items are
/// images of channels, those of a channel side by side: what is the channel's is found once.
void td_channel_norm_f32(const td_channel_norm_f32_args* args, td_team team) {
  const td_channel_norm_f32_args p = *args;
  const td_range share = td_share(p.channels * p.images, team);
  int32_t c = share.begin / p.images;
  int32_t image = share.begin % p.images;
  for (int32_t left = share.end - share.begin; left > 0; ++c, image = 0) {
    const float mean = p.mean[c];
    const float bias = p.bias[c];
    const float scale = td_rstd(p.variance[c], p.epsilon) * p.weight[c];
    for (; left > 0 && image < p.images; --left, ++image) {
      float* const y = p.y + image * p.y_image + c * p.y_channel;
      const float* const x = p.x + image * p.x_image + c * p.x_channel;
      td_normalize(y, x, p.positions, mean, scale, bias);
    }
  }
}

/// dx = weight * rstd * (dy - sum / count - (x - mean) * rstd * product / count), each of the
/// channel: the gradient where mean and variance are those of x. dx may be dy. The work items are
/// images of channels.
void td_channel_norm_grad_f32(const td_channel_norm_grad_f32_args* args, td_team team) {
  const td_channel_norm_grad_f32_args p = *args;
  const td_range share = td_share(p.channels * p.images, team);
  int32_t c = share.begin / p.images;
  int32_t image = share.begin % p.images;
  for (int32_t left = share.end - share.begin; left > 0; ++c, image = 0) {
    const float mean = p.mean[c];
    const float rstd = td_rstd(p.variance[c], p.epsilon);
    const float scale = rstd * p.weight[c];
    const float level = p.sum[c] * p.inverse_count;
    const float slope = p.product[c] * p.inverse_count * rstd;
    for (; left > 0 && image < p.images; --left, ++image) {
      float* const dx = p.dx + image * p.dx_image + c * p.dx_channel;
      const float* const dy = p.dy + image * p.dy_image + c * p.dy_channel;
      const float* const x = p.x + image * p.x_image + c * p.x_channel;
      TD_INDEPENDENT(i, 0, p.positions, dx, scale * td_fmaf(mean - x[i], slope, dy[i] - level));
    }
  }
}
