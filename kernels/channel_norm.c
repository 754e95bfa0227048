#include "td_kernels.h"

// Channels whose chains run side by side, so that one hides the latency of another.
#define TD_CHANNELS 4

/// How tensors [image][channel][position] with dense positions lie.
typedef struct {
  int32_t images, positions;
  int32_t a_image, a_channel, b_image, b_channel;
} td_planes;

/// How a chain takes in the elements a and b of a position; `mean` and `rstd` are the channel's.
typedef float (*td_channel_step)(float sum, float a, float b, float mean, float rstd);

/// One chain for each of `count` channels, over images and then positions, ascending; from y or
/// from +0. `mean` and `rstd` have an element for each of these channels.
TD_INLINE void td_channel_chains(float* y, const float* a, const float* b, const float* mean,
                                 const float* rstd, td_planes planes, int32_t count,
                                 uint32_t accumulate, td_channel_step step) {
  float sum[TD_CHANNELS];
  TD_LANES for (int32_t j = 0; j < count; ++j) sum[j] = accumulate ? y[j] : 0.0f;
  for (int32_t image = 0; image < planes.images; ++image) {
    const float* const from_a = a + image * planes.a_image;
    const float* const from_b = b + image * planes.b_image;
    for (int32_t i = 0; i < planes.positions; ++i) {
      TD_LANES for (int32_t j = 0; j < count; ++j) {
        sum[j] = step(sum[j], from_a[j * planes.a_channel + i], from_b[j * planes.b_channel + i],
                      mean[j], rstd[j]);
      }
    }
  }
  TD_LANES for (int32_t j = 0; j < count; ++j) y[j] = sum[j];
}

static inline float td_add_deviation(float sum, float a, float b, float mean, float rstd) {
  (void)b, (void)rstd;
  return sum + (a - mean);
}

static inline float td_add_squared_deviation(float sum, float a, float b, float mean, float rstd) {
  (void)b, (void)rstd;
  const float deviation = a - mean;
  return td_fmaf(deviation, deviation, sum);
}

static inline float td_add_scaled_product(float sum, float a, float b, float mean, float rstd) {
  return td_fmaf(a, (b - mean) * rstd, sum);
}

static inline float td_rstd(float variance, float epsilon) {
  return 1.0f / td_sqrtf(variance + epsilon);
}

/// One chain for each channel of `share` over x and its mean, which is 0 if `means` is null.
TD_INLINE void td_sum_channels(float* y, const float* x, const float* means, td_planes planes,
                               td_range share, uint32_t accumulate, td_channel_step step) {
  float mean[TD_CHANNELS] = {0.0f};
  for (int32_t c = share.begin; c < share.end;) {
    const int32_t count = c + TD_CHANNELS <= share.end ? TD_CHANNELS : 1;
    const float* const from = x + c * planes.a_channel;
    for (int32_t j = 0; means && j < count; ++j) mean[j] = means[c + j];
    if (count == TD_CHANNELS)
      td_channel_chains(y + c, from, from, mean, mean, planes, TD_CHANNELS, accumulate, step);
    else
      td_channel_chains(y + c, from, from, mean, mean, planes, 1, accumulate, step);
    c += count;
  }
}

/// The sum of each channel, or of x - mean. The work items are channels.
void td_channel_sum_f32(const td_channel_sum_f32_args* args, td_team team) {
  const td_channel_sum_f32_args p = *args;
  const td_planes planes = {p.images, p.positions, p.x_image, p.x_channel, p.x_image, p.x_channel};
  td_sum_channels(p.y, p.x, p.mean, planes, td_share(p.channels, team), p.accumulate,
                  td_add_deviation);
}

/// The sum of (x - mean)^2 of each channel, fused multiply-adds. The work items are channels.
void td_channel_squares_f32(const td_channel_squares_f32_args* args, td_team team) {
  const td_channel_squares_f32_args p = *args;
  const td_planes planes = {p.images, p.positions, p.x_image, p.x_channel, p.x_image, p.x_channel};
  td_sum_channels(p.y, p.x, p.mean, planes, td_share(p.channels, team), p.accumulate,
                  td_add_squared_deviation);
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
                        td_add_scaled_product);
    else
      td_channel_chains(p.dweight + c, dy, x, mean, rstd, planes, 1, p.accumulate,
                        td_add_scaled_product);
    c += count;
  }
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
      TD_INDEPENDENT(i, 0, p.positions, y, td_fmaf(x[i] - mean, scale, bias));
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
