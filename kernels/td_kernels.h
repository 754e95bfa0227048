/* Argument structs of all kernels, in the form that `tdc` prints from the op records. */
#ifndef TD_KERNELS_H
#define TD_KERNELS_H

#include "td_kernel.h"

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
  int32_t b_stride[TD_RANK];
} td_add_f32_args;
void td_add_f32(const td_add_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
  int32_t b_stride[TD_RANK];
} td_sub_f32_args;
void td_sub_f32(const td_sub_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
  int32_t b_stride[TD_RANK];
} td_mul_f32_args;
void td_mul_f32(const td_mul_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
  int32_t b_stride[TD_RANK];
} td_div_f32_args;
void td_div_f32(const td_div_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
  int32_t b_stride[TD_RANK];
} td_relu_grad_f32_args;
void td_relu_grad_f32(const td_relu_grad_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
  int32_t b_stride[TD_RANK];
} td_sigmoid_grad_f32_args;
void td_sigmoid_grad_f32(const td_sigmoid_grad_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
  int32_t b_stride[TD_RANK];
} td_tanh_grad_f32_args;
void td_tanh_grad_f32(const td_tanh_grad_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
  int32_t b_stride[TD_RANK];
} td_gelu_grad_f32_args;
void td_gelu_grad_f32(const td_gelu_grad_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_neg_f32_args;
void td_neg_f32(const td_neg_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_exp_f32_args;
void td_exp_f32(const td_exp_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_log_f32_args;
void td_log_f32(const td_log_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_sqrt_f32_args;
void td_sqrt_f32(const td_sqrt_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_relu_f32_args;
void td_relu_f32(const td_relu_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_sigmoid_f32_args;
void td_sigmoid_f32(const td_sigmoid_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_tanh_f32_args;
void td_tanh_f32(const td_tanh_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_gelu_f32_args;
void td_gelu_f32(const td_gelu_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_copy_f32_args;
void td_copy_f32(const td_copy_f32_args* args, td_team team);

typedef struct {
  float* y;
  float value;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
} td_fill_f32_args;
void td_fill_f32(const td_fill_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  float factor;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t a_stride[TD_RANK];
} td_scale_f32_args;
void td_scale_f32(const td_scale_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* a;
  const float* b;
  int32_t batch;
  int32_t m;
  int32_t n;
  int32_t k;
  int32_t reduce;
  int32_t y_batch;
  int32_t a_batch;
  int32_t b_batch;
  int32_t a_reduce;
  int32_t b_reduce;
  int32_t y_row;
  int32_t y_col;
  int32_t a_row;
  int32_t a_col;
  int32_t b_row;
  int32_t b_col;
  uint32_t accumulate;
} td_matmul_f32_args;
void td_matmul_f32(const td_matmul_f32_args* args, td_team team);

/* y[kept axes] = reduction of x over the reduced axes (extents and strides of x); the order of a
 * reduction is row-major over the reduced axes. */
typedef struct {
  float* y;
  const float* x;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t x_stride[TD_RANK];
  int32_t reduce_rank;
  int32_t reduce_extent[TD_RANK];
  int32_t reduce_stride[TD_RANK];
} td_sum_f32_args;
void td_sum_f32(const td_sum_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* x;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t x_stride[TD_RANK];
  int32_t reduce_rank;
  int32_t reduce_extent[TD_RANK];
  int32_t reduce_stride[TD_RANK];
} td_mean_f32_args;
void td_mean_f32(const td_mean_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* x;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t x_stride[TD_RANK];
  int32_t reduce_rank;
  int32_t reduce_extent[TD_RANK];
  int32_t reduce_stride[TD_RANK];
} td_max_f32_args;
void td_max_f32(const td_max_f32_args* args, td_team team);

/* One chain of additions, row-major over the reduced axes (the batch first). */
typedef struct {
  float* y;
  const float* x;
  int32_t rank;
  int32_t extent[TD_RANK];
  int32_t y_stride[TD_RANK];
  int32_t x_stride[TD_RANK];
  int32_t reduce_rank;
  int32_t reduce_extent[TD_RANK];
  int32_t reduce_stride[TD_RANK];
  uint32_t accumulate;
} td_sum_to_f32_args;
void td_sum_to_f32(const td_sum_to_f32_args* args, td_team team);

/* Rows of `columns` dense elements. */
typedef struct {
  float* y;
  const float* x;
  int32_t rows;
  int32_t columns;
  int32_t y_row;
  int32_t x_row;
} td_softmax_f32_args;
void td_softmax_f32(const td_softmax_f32_args* args, td_team team);

typedef struct {
  float* dx;
  const float* y;
  const float* dy;
  int32_t rows;
  int32_t columns;
  int32_t dx_row;
  int32_t y_row;
  int32_t dy_row;
} td_softmax_grad_f32_args;
void td_softmax_grad_f32(const td_softmax_grad_f32_args* args, td_team team);

/* loss and label: dense, one per row. */
typedef struct {
  float* loss;
  const float* logits;
  const int32_t* label;
  int32_t samples;
  int32_t positions;
  int32_t classes;
  int32_t logits_row;
} td_cross_entropy_f32_args;
void td_cross_entropy_f32(const td_cross_entropy_f32_args* args, td_team team);

typedef struct {
  float* dlogits;
  const float* logits;
  const int32_t* label;
  const float* dloss;
  int32_t samples;
  int32_t positions;
  int32_t classes;
  int32_t dlogits_row;
  int32_t logits_row;
} td_cross_entropy_grad_f32_args;
void td_cross_entropy_grad_f32(const td_cross_entropy_grad_f32_args* args, td_team team);

typedef struct {
  float* loss;
  const float* x;
  const float* target;
  int32_t rows;
  int32_t columns;
  int32_t x_row;
  int32_t target_row;
} td_mse_f32_args;
void td_mse_f32(const td_mse_f32_args* args, td_team team);

typedef struct {
  float* dx;
  const float* x;
  const float* target;
  const float* dloss;
  int32_t rows;
  int32_t columns;
  int32_t dx_row;
  int32_t x_row;
  int32_t target_row;
} td_mse_grad_f32_args;
void td_mse_grad_f32(const td_mse_grad_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* logits;
  const int32_t* label;
  int32_t samples;
  int32_t positions;
  int32_t classes;
  int32_t k;
  int32_t logits_row;
} td_accuracy_f32_args;
void td_accuracy_f32(const td_accuracy_f32_args* args, td_team team);

/* channels and outputs are those of one group. Columns of images and kernels are dense:
 * x[image][group * channels + channel][row][column], w[group * outputs + output][channel][kernel
 * row][kernel column] with the last three dense. */
typedef struct {
  float* y;
  const float* x;
  const float* w;
  int32_t batch;
  int32_t groups;
  int32_t channels;
  int32_t height;
  int32_t width;
  int32_t outputs;
  int32_t out_height;
  int32_t out_width;
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t dilation_height;
  int32_t dilation_width;
  int32_t x_image;
  int32_t x_channel;
  int32_t x_row;
  int32_t y_image;
  int32_t y_channel;
  int32_t y_row;
  int32_t w_output;
  uint32_t accumulate;
} td_conv2d_f32_args;
void td_conv2d_f32(const td_conv2d_f32_args* args, td_team team);

typedef struct {
  float* dx;
  const float* dy;
  const float* w;
  int32_t batch;
  int32_t groups;
  int32_t channels;
  int32_t height;
  int32_t width;
  int32_t outputs;
  int32_t out_height;
  int32_t out_width;
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t dilation_height;
  int32_t dilation_width;
  int32_t dx_image;
  int32_t dx_channel;
  int32_t dx_row;
  int32_t dy_image;
  int32_t dy_channel;
  int32_t dy_row;
  int32_t w_output;
} td_conv2d_input_grad_f32_args;
void td_conv2d_input_grad_f32(const td_conv2d_input_grad_f32_args* args, td_team team);

typedef struct {
  float* dw;
  const float* x;
  const float* dy;
  int32_t batch;
  int32_t groups;
  int32_t channels;
  int32_t height;
  int32_t width;
  int32_t outputs;
  int32_t out_height;
  int32_t out_width;
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t dilation_height;
  int32_t dilation_width;
  int32_t x_image;
  int32_t x_channel;
  int32_t x_row;
  int32_t dy_image;
  int32_t dy_channel;
  int32_t dy_row;
  int32_t dw_output;
  uint32_t accumulate;
} td_conv2d_weight_grad_f32_args;
void td_conv2d_weight_grad_f32(const td_conv2d_weight_grad_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* x;
  int32_t images;
  int32_t channels;
  int32_t height;
  int32_t width;
  int32_t out_height;
  int32_t out_width;
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t x_image;
  int32_t x_channel;
  int32_t x_row;
  int32_t y_image;
  int32_t y_channel;
  int32_t y_row;
} td_max_pool2d_f32_args;
void td_max_pool2d_f32(const td_max_pool2d_f32_args* args, td_team team);

typedef struct {
  float* dx;
  const float* x;
  const float* dy;
  int32_t images;
  int32_t channels;
  int32_t height;
  int32_t width;
  int32_t out_height;
  int32_t out_width;
  int32_t kernel_height;
  int32_t kernel_width;
  int32_t stride_height;
  int32_t stride_width;
  int32_t pad_top;
  int32_t pad_left;
  int32_t x_image;
  int32_t x_channel;
  int32_t x_row;
  int32_t dx_image;
  int32_t dx_channel;
  int32_t dx_row;
  int32_t dy_image;
  int32_t dy_channel;
  int32_t dy_row;
} td_max_pool2d_grad_f32_args;
void td_max_pool2d_grad_f32(const td_max_pool2d_grad_f32_args* args, td_team team);

/* mean and rstd: dense, one per row; weight and bias: dense. */
typedef struct {
  float* y;
  const float* x;
  const float* weight;
  const float* bias;
  int32_t rows;
  int32_t columns;
  int32_t y_row;
  int32_t x_row;
  float epsilon;
} td_layer_norm_f32_args;
void td_layer_norm_f32(const td_layer_norm_f32_args* args, td_team team);

typedef struct {
  float* mean;
  float* rstd;
  const float* x;
  int32_t rows;
  int32_t columns;
  int32_t x_row;
  float epsilon;
} td_layer_norm_statistics_f32_args;
void td_layer_norm_statistics_f32(const td_layer_norm_statistics_f32_args* args, td_team team);

typedef struct {
  float* dx;
  const float* dy;
  const float* x;
  const float* mean;
  const float* rstd;
  const float* weight;
  int32_t rows;
  int32_t columns;
  int32_t dx_row;
  int32_t dy_row;
  int32_t x_row;
} td_layer_norm_grad_f32_args;
void td_layer_norm_grad_f32(const td_layer_norm_grad_f32_args* args, td_team team);

typedef struct {
  float* dweight;
  const float* dy;
  const float* x;
  const float* mean;
  const float* rstd;
  int32_t rows;
  int32_t columns;
  int32_t dy_row;
  int32_t x_row;
  uint32_t accumulate;
} td_layer_norm_weight_grad_f32_args;
void td_layer_norm_weight_grad_f32(const td_layer_norm_weight_grad_f32_args* args, td_team team);

typedef struct {
  float* y;
  const float* table;
  const int32_t* index;
  int32_t rows;
  int32_t columns;
  int32_t vocabulary;
  int32_t y_row;
  int32_t table_row;
} td_embedding_f32_args;
void td_embedding_f32(const td_embedding_f32_args* args, td_team team);

typedef struct {
  float* dtable;
  const float* dy;
  const int32_t* index;
  int32_t rows;
  int32_t columns;
  int32_t vocabulary;
  int32_t dtable_row;
  int32_t dy_row;
  uint32_t accumulate;
} td_embedding_grad_f32_args;
void td_embedding_grad_f32(const td_embedding_grad_f32_args* args, td_team team);

/* y may be w. */
typedef struct {
  float* y;
  const float* w;
  const float* g;
  const float* lr;
  const float* inverse_count;
  int32_t count;
} td_sgd_update_f32_args;
void td_sgd_update_f32(const td_sgd_update_f32_args* args, td_team team);

typedef struct {
  float* y;                  /* result */
  const float* a;            /* operand; may be y exactly, if its strides are y's */
  int32_t rank;              /* axes in use */
  int32_t extent[TD_RANK];   /* of y */
  int32_t y_stride[TD_RANK]; /* elements */
  int32_t a_stride[TD_RANK]; /* elements; 0 where broadcast */
  float offset;              /* rounded once from double */
} td_add_scalar_f32_args;
void td_add_scalar_f32(const td_add_scalar_f32_args* args, td_team team);

typedef struct {
  float* dx;                      /* shape of x; aliases nothing */
  const float* x;                 /* max's operand */
  const float* dy;                /* one per kept index */
  int32_t rank;                   /* kept axes in use */
  int32_t extent[TD_RANK];        /* of kept axes */
  int32_t dx_stride[TD_RANK];     /* along kept axes */
  int32_t x_stride[TD_RANK];      /* along kept axes */
  int32_t dy_stride[TD_RANK];     /* along kept axes */
  int32_t reduce_rank;            /* reduced axes in use */
  int32_t reduce_extent[TD_RANK]; /* of reduced axes */
  int32_t reduce_dx[TD_RANK];     /* of dx along reduced axes */
  int32_t reduce_x[TD_RANK];      /* of x along reduced axes */
} td_max_grad_f32_args;
void td_max_grad_f32(const td_max_grad_f32_args* args, td_team team);

#endif
