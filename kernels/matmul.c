/// Matrix products with any strides: y[l] = a[l] b[l] for each l of a batch, or one y that sums
/// over `reduce` products. A batch has two axes with strides of their own, as samples and heads.
///
/// The work items are blocks of outputs, numbered along a column of blocks first, so that a core
/// meets few columns and gathers b seldom.
#include "td_product.h"

/// Rows `k .. k + depth` and columns of b as a dense panel, padded with zeros.
static void td_gather_panel(float* panel, const float* b, int32_t b_row, int32_t b_col,
                            int32_t depth, int32_t columns) {
  for (int32_t j = 0; j < columns; ++j)
    for (int32_t k = 0; k < depth; ++k) panel[k * TD_BLOCK_COLUMNS + j] = b[k * b_row + j * b_col];
  for (int32_t j = columns; j < TD_BLOCK_COLUMNS; ++j)
    for (int32_t k = 0; k < depth; ++k) panel[k * TD_BLOCK_COLUMNS + j] = 0.0f;
}

/// A column of blocks whose b cannot be read in place: panel by panel, the chain continues through
/// y.
static void td_matmul_gathered(td_product product) {
  float panel[TD_PANEL_DEPTH * TD_BLOCK_COLUMNS];
  const td_product whole = product;
  product.reduce = 1;
  product.b = panel;
  product.b_row = TD_BLOCK_COLUMNS;
  product.b_col = 1;
  for (int32_t r = 0; r < whole.reduce; ++r) {
    for (int32_t k = 0; k < whole.depth; k += TD_PANEL_DEPTH) {
      product.depth = td_min_int(TD_PANEL_DEPTH, whole.depth - k);
      product.a = whole.a + r * whole.a_reduce + k * whole.a_col;
      td_gather_panel(panel, whole.b + r * whole.b_reduce + k * whole.b_row, whole.b_row,
                      whole.b_col, product.depth, whole.columns);
      td_product_column(&product);
      product.from_zero = 0u;
    }
  }
}

/// Chains of one product: rows of multiples of a row of b. Nothing is kept between two outputs, so
/// blocks would bring their bounds and pointers only.
static void td_outer_product(const td_matmul_f32_args* p, td_team team) {
  td_range share = td_share(p->outer * p->batch * p->m * p->n, team);
  int32_t j = share.begin % p->n;
  int32_t i = share.begin / p->n % p->m;
  int32_t l = share.begin / p->n / p->m % p->batch;
  int32_t o = share.begin / p->n / p->m / p->batch;
  while (share.begin < share.end) {
    const int32_t count = td_min_int(p->n - j, share.end - share.begin);
    float* const y = p->y + o * p->y_outer + l * p->y_batch + i * p->y_row + j * p->y_col;
    const float a = p->a[o * p->a_outer + l * p->a_batch + i * p->a_row];
    const float* const b = p->b + o * p->b_outer + l * p->b_batch + j * p->b_col;
    if (p->y_col == 1 && p->b_col == 1 && !p->accumulate) {
      TD_INDEPENDENT(e, 0, count, y, td_fmaf(a, b[e], 0.0f));
    } else {
      for (int32_t e = 0; e < count; ++e) {
        float* const sum = y + e * p->y_col;
        *sum = td_fmaf(a, b[e * p->b_col], p->accumulate ? *sum : 0.0f);
      }
    }
    share.begin += count;
    j = 0;
    if (++i < p->m) continue;
    i = 0;
    if (++l < p->batch) continue;
    l = 0;
    ++o;
  }
}

void td_matmul_f32(const td_matmul_f32_args* args, td_team team) {
  td_matmul_f32_args p = *args;
  // The transposed problem has the same chains. It is taken where y is stored transposed, and where
  // rows are many and columns too few to fill a block.
  if ((p.y_row == 1 && p.y_col != 1) || (p.n < TD_BLOCK_COLUMNS && p.n < p.m)) {
    p.a = args->b, p.a_batch = args->b_batch, p.a_outer = args->b_outer;
    p.b = args->a, p.b_batch = args->a_batch, p.b_outer = args->a_outer;
    p.a_reduce = args->b_reduce, p.b_reduce = args->a_reduce;
    p.a_row = args->b_col, p.a_col = args->b_row;
    p.b_row = args->a_col, p.b_col = args->a_row;
    p.y_row = args->y_col, p.y_col = args->y_row;
    p.m = args->n, p.n = args->m;
  }
  if (p.k == 1 && p.reduce == 1) {
    td_outer_product(&p, team);
    return;
  }
  int32_t y_column[TD_BLOCK_COLUMNS];
  for (int32_t j = 0; j < TD_BLOCK_COLUMNS; ++j) y_column[j] = j * p.y_col;

  const int32_t row_blocks = (p.m + TD_BLOCK_ROWS - 1) / TD_BLOCK_ROWS;
  const int32_t columns = (p.n + TD_BLOCK_COLUMNS - 1) / TD_BLOCK_COLUMNS;
  td_range share = td_share(p.outer * p.batch * columns * row_blocks, team);
  while (share.begin < share.end) {
    const int32_t row_block = share.begin % row_blocks;
    const int32_t column = share.begin / row_blocks % columns;
    const int32_t product_index = share.begin / row_blocks / columns;
    const int32_t o = product_index / p.batch;
    const int32_t l = product_index % p.batch;
    const int32_t blocks = td_min_int(row_blocks - row_block, share.end - share.begin);
    const int32_t i = row_block * TD_BLOCK_ROWS;
    const int32_t j = column * TD_BLOCK_COLUMNS;
    const td_product product = {
        .y = p.y + o * p.y_outer + l * p.y_batch + i * p.y_row + j * p.y_col,
        .y_row = p.y_row,
        .y_column = p.y_col == 1 ? 0 : y_column,
        .rows = td_min_int(blocks * TD_BLOCK_ROWS, p.m - i),
        .columns = td_min_int(TD_BLOCK_COLUMNS, p.n - j),
        .a = p.a + o * p.a_outer + l * p.a_batch + i * p.a_row,
        .a_row = p.a_row,
        .a_col = p.a_col,
        .a_reduce = p.a_reduce,
        .b = p.b + o * p.b_outer + l * p.b_batch + j * p.b_col,
        .b_row = p.b_row,
        .b_col = p.b_col,
        .b_reduce = p.b_reduce,
        .reduce = p.reduce,
        .depth = p.k,
        .from_zero = !p.accumulate,
    };
    if (td_is_direct(product.columns, product.b_col))
      td_product_column(&product);
    else
      td_matmul_gathered(product);
    share.begin += blocks;
  }
}
