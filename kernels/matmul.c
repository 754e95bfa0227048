/// Matrix products with any strides: y[l] = a[l] b[l] for each l of a batch, or one y that sums
/// over `reduce` products. A batch has two axes with strides of their own, as samples and heads.
///
/// The work items are blocks of outputs, numbered along a column of blocks first, so that a core
/// meets few columns and gathers b seldom. Long chains are cut, so that what all blocks take of a
/// and b meanwhile stays in a cache. A small core gathers and cuts nothing: rows and columns that
/// fill no block are rows of eight outputs, as products of one row are. And chains of 4 or 8 have
/// blocks of their own, for which b stays in registers.
#include "td_product.h"

/// The transposed problem. It has the same chains.
static void td_transpose(td_matmul_f32_args* p) {
  const td_matmul_f32_args q = *p;
  p->a = q.b, p->a_batch = q.b_batch, p->a_outer = q.b_outer;
  p->b = q.a, p->b_batch = q.a_batch, p->b_outer = q.a_outer;
  p->a_reduce = q.b_reduce, p->b_reduce = q.a_reduce;
  p->a_row = q.b_col, p->a_col = q.b_row;
  p->b_row = q.a_col, p->b_col = q.a_row;
  p->y_row = q.y_col, p->y_col = q.y_row;
  p->m = q.n, p->n = q.m;
}

/// item / count. Most shares begin in the first row or column, and divisions are slow.
static int32_t td_whole(int32_t item, int32_t count) {
  return item < count ? 0 : item / count;
}

/// Items `begin .. end` of the outputs of one product. Batches are not looked at.
typedef void (*td_part)(const td_matmul_f32_args* p, td_range items);

/// Shares all products, of `items` items each.
static TD_OWN_CODE void td_share_products(const td_matmul_f32_args* p, int32_t items, td_part part,
                                          td_team team) {
  const int32_t products = p->outer * p->batch;
  td_range share = td_share(products * items, team);
  if (products == 1) {
    part(p, share);
    return;
  }
  td_matmul_f32_args one = *p;
  while (share.begin < share.end) {
    const int32_t index = share.begin / items;
    const int32_t o = index / p->batch;
    const int32_t l = index - o * p->batch;
    const int32_t begin = share.begin - index * items;
    const int32_t count = td_min_int(items - begin, share.end - share.begin);
    one.y = p->y + o * p->y_outer + l * p->y_batch;
    one.a = p->a + o * p->a_outer + l * p->a_batch;
    one.b = p->b + o * p->b_outer + l * p->b_batch;
    part(&one, (td_range){begin, begin + count});
    share.begin += count;
  }
}

static int32_t td_row_blocks(const td_matmul_f32_args* p) {
  return (int32_t)((uint32_t)(p->m + TD_BLOCK_ROWS - 1) / TD_BLOCK_ROWS);
}

#if !defined(__riscv)
/// Rows `k .. k + depth` and columns of b as a dense panel, padded with zeros.
static void td_gather_panel(float* panel, const float* b, int32_t b_row, int32_t b_col,
                            int32_t depth, int32_t columns) {
  if (b_col == 1 && columns == TD_BLOCK_COLUMNS) {
    for (int32_t k = 0; k < depth; ++k) {
      TD_LANES for (int32_t j = 0; j < TD_BLOCK_COLUMNS; ++j) {
        panel[k * TD_BLOCK_COLUMNS + j] = b[k * b_row + j];
      }
    }
    return;
  }
  for (int32_t j = 0; j < columns; ++j)
    for (int32_t k = 0; k < depth; ++k) panel[k * TD_BLOCK_COLUMNS + j] = b[k * b_row + j * b_col];
  for (int32_t j = columns; j < TD_BLOCK_COLUMNS; ++j)
    for (int32_t k = 0; k < depth; ++k) panel[k * TD_BLOCK_COLUMNS + j] = 0.0f;
}

// Rows from which on dense rows of b are gathered, too: they lie so far apart that few of them fit
// into a cache together, and each block reads them once more.
#define TD_ROWS_WORTH_A_PANEL 16

/// A column of blocks whose b is not read in place: panel by panel, the chain continues through y.
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
#endif

/// Items are blocks, numbered along a column of blocks first. On a small core they are whole.
static void td_part_in_blocks(const td_matmul_f32_args* p, td_range items) {
  const int32_t row_blocks = td_row_blocks(p);
  int32_t y_column[TD_BLOCK_COLUMNS];
  for (int32_t j = 0; j < TD_BLOCK_COLUMNS; ++j) y_column[j] = j * p->y_col;
  int32_t column = td_whole(items.begin, row_blocks);
  int32_t row_block = items.begin - column * row_blocks;
  for (int32_t left = items.end - items.begin; left > 0;) {
    const int32_t blocks = td_min_int(row_blocks - row_block, left);
    const int32_t i = row_block * TD_BLOCK_ROWS;
    const int32_t j = column * TD_BLOCK_COLUMNS;
    const td_product product = {
        .y = p->y + i * p->y_row + j * p->y_col,
        .y_row = p->y_row,
        .y_column = p->y_col == 1 ? 0 : y_column,
        .rows = td_min_int(blocks * TD_BLOCK_ROWS, p->m - i),
        .columns = td_min_int(TD_BLOCK_COLUMNS, p->n - j),
        .a = p->a + i * p->a_row,
        .a_row = p->a_row,
        .a_col = p->a_col,
        .a_reduce = p->a_reduce,
        .b = p->b + j * p->b_col,
        .b_row = p->b_row,
        .b_col = p->b_col,
        .b_reduce = p->b_reduce,
        .reduce = p->reduce,
        .depth = p->k,
        .from_zero = !p->accumulate,
    };
#if defined(__riscv)
    td_product_column(&product);
#else
    // Whether it can read b where it lies, and should.
    if (product.columns == TD_BLOCK_COLUMNS && product.b_col == 1 &&
        product.rows < TD_ROWS_WORTH_A_PANEL)
      td_product_column(&product);
    else
      td_matmul_gathered(product);
#endif
    left -= blocks;
    row_block = 0;
    ++column;
  }
}

#if !defined(__riscv)
/// The same, piece by piece of all chains, each as long as a panel: they continue through y.
static void td_part_in_pieces(const td_matmul_f32_args* p, td_range items) {
  td_matmul_f32_args piece = *p;
  const int32_t products = td_min_int(p->reduce, p->k < TD_PANEL_DEPTH ? TD_PANEL_DEPTH / p->k : 1);
  for (int32_t r = 0; r < p->reduce; r += products) {
    piece.reduce = td_min_int(products, p->reduce - r);
    for (int32_t k = 0; k < p->k; k += TD_PANEL_DEPTH) {
      piece.k = td_min_int(TD_PANEL_DEPTH, p->k - k);
      piece.a = p->a + r * p->a_reduce + k * p->a_col;
      piece.b = p->b + r * p->b_reduce + k * p->b_row;
      td_part_in_blocks(&piece, items);
      piece.accumulate = 1u;
    }
  }
}
#endif

/// Chains of one product: `rows` rows from i on of multiples of columns `j .. end` of a row of b.
static void td_multiples(const td_matmul_f32_args* p, int32_t i, int32_t rows, int32_t j,
                         int32_t end) {
  const float* const b = p->b + j * p->b_col;
  const int32_t count = end - j;
  for (; rows > 0; --rows, ++i) {
    float* const y = p->y + i * p->y_row + j * p->y_col;
    const float a = p->a[i * p->a_row];
    if (p->y_col == 1 && p->b_col == 1 && !p->accumulate) {
      TD_INDEPENDENT(e, 0, count, y, td_fmaf(a, b[e], 0.0f));
    } else {
      for (int32_t e = 0; e < count; ++e) {
        float* const sum = y + e * p->y_col;
        *sum = td_fmaf(a, b[e * p->b_col], p->accumulate ? *sum : 0.0f);
      }
    }
  }
}

/// Items are outputs, chains of one product. Nothing is kept between two of them, so blocks would
/// bring their bounds and pointers only.
static void td_part_of_multiples(const td_matmul_f32_args* p, td_range items) {
  int32_t i = td_whole(items.begin, p->n);
  int32_t j = items.begin - i * p->n;
  for (int32_t left = items.end - items.begin; left > 0; ++i) {
    const int32_t count = td_min_int(p->n - j, left);
    td_multiples(p, i, 1, j, j + count);
    left -= count;
    j = 0;
  }
}

#if defined(__riscv)
#define TD_UNROLL_COLUMNS _Pragma("GCC unroll 16")

/// The same where rows are many: what `columns` columns take of b, a constant number, stays in
/// registers, and rows are loads of one factor.
TD_INLINE void td_multiples_in_columns(const td_matmul_f32_args* p, int32_t i, int32_t rows,
                                       int32_t j, int columns, int accumulate) {
  float b[16];
  const float* from = p->b + j * p->b_col;
  TD_UNROLL_COLUMNS for (int e = 0; e < columns; ++e) {
    b[e] = *from;
    from += p->b_col;
  }
  const float* a = p->a + i * p->a_row;
  float* y = p->y + i * p->y_row + j;
  const int32_t a_row = p->a_row;
  const int32_t y_row = p->y_row;
  const float zero = 0.0f;
  TD_ROLLED for (; rows > 0; --rows) {
    float sum[16];
    const float factor = *a;
    a += a_row;
    TD_KEEP(a);
    TD_UNROLL_COLUMNS for (int e = 0; e < columns; ++e) {
      sum[e] = td_fmaf(factor, b[e], accumulate ? y[e] : zero);
      if (e > 1) y[e - 2] = sum[e - 2];
    }
    y[columns - 2] = sum[columns - 2];
    y[columns - 1] = sum[columns - 1];
    y += y_row;
  }
}

#define TD_MULTIPLES 16

static int32_t td_multiple_blocks(const td_matmul_f32_args* p) {
  return (int32_t)((uint32_t)(p->n + TD_MULTIPLES - 1) / TD_MULTIPLES);
}

/// Items are rows of TD_MULTIPLES columns, one column after another.
TD_AS_WRITTEN("no-schedule-insns")
static void td_part_of_columns_of_multiples(const td_matmul_f32_args* p, td_range items) {
  int32_t j = td_whole(items.begin, p->m);
  int32_t i = items.begin - j * p->m;
  j *= TD_MULTIPLES;
  for (int32_t left = items.end - items.begin; left > 0; j += TD_MULTIPLES) {
    const int32_t rows = td_min_int(p->m - i, left);
    const int32_t end = td_min_int(j + TD_MULTIPLES, p->n);
    if (end - j == TD_MULTIPLES && !p->accumulate) {
      td_multiples_in_columns(p, i, rows, j, TD_MULTIPLES, 0);
    } else {
      int32_t from = j;
      for (; end - from >= 8; from += 8) {
        if (p->accumulate)
          td_multiples_in_columns(p, i, rows, from, 8, 1);
        else
          td_multiples_in_columns(p, i, rows, from, 8, 0);
      }
      if (from < end) td_multiples(p, i, rows, from, end);
    }
    left -= rows;
    i = 0;
  }
}

/// Four products of each chain of `rows` rows and four columns: b stays in registers.
TD_INLINE void td_thin_columns(const td_matmul_f32_args* p, const float* a, const float* b_at,
                               float* y, int32_t rows, int accumulate) {
  float b[4][4];
  TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) {
    const float* from = b_at;
    TD_UNROLL_ROWS for (int k = 0; k < 4; ++k) {
      b[k][j] = *from;
      from += p->b_row;
    }
    b_at += p->b_col;
  }
  int32_t a_row = 4 * p->a_row;
  int32_t y_ahead = 4 * p->y_row;
  const int32_t y_row = 4 * p->y_row;
  const float zero = 0.0f;
  float sum[2][4] = {{0}};
  if (rows % 2 != 0) {
    TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) sum[0][j] = accumulate ? y[j] : zero;
    TD_UNROLL_ROWS for (int k = 0; k < 4; ++k) {
      const float factor = a[k];
      TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) sum[0][j] = td_fmaf(factor, b[k][j], sum[0][j]);
    }
    TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) y[j] = sum[0][j];
    if (--rows == 0) return;
    a += p->a_row;
    y += p->y_row;
  }
  // Two rows in a turn. Results of a row are stored among the multiply-adds of the next.
  float nowhere[4];
  float* to = nowhere;
  float factor[4];
  TD_UNROLL_ROWS for (int k = 0; k < 4; ++k) factor[k] = a[k];
  TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) {
    if (accumulate) sum[0][j] = y[j];
  }
  TD_KEEP(a_row);
  TD_KEEP(y_ahead);
  TD_ALIGN_LOOP(rows);
  TD_ROLLED do {
    TD_UNROLL_ROWS for (int half = 0; half < 2; ++half) {
      float* const now = sum[half];
      float* const other = sum[1 - half];
      TD_UNROLL_ROWS for (int k = 0; k < 4; ++k) {
        TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) {
          now[j] = td_fmaf(factor[k], b[k][j], k == 0 && !accumulate ? zero : now[j]);
          if (k == 0) to[j] = other[j];
          if (k == 1 && j == 0) a = td_behind(a, a_row);
          if (k == 1 && j == 1) {
            factor[0] = *a;
            TD_LOADED(factor[0]);
          }
          if (k == 1 && j == 2) {
            to = y;
            TD_KEEP(to);
          }
          if (k == 2 && j == 0) y = (float*)td_behind(y, half == 0 ? y_row : y_ahead);
          if (k == 2 && j == 1 && half == 0) {
            rows -= 2;
            TD_KEEP(rows);
          }
          if (k == 2 && j == 2 && half == 0 && __builtin_expect(rows == 0, 0)) {
            a_row = y_ahead = 0;
            TD_KEEP(a_row);
            TD_KEEP(y_ahead);
          }
          if (k == 3 && accumulate) {
            other[j] = y[j];
            TD_LOADED(other[j]);
          }
        }
        if (k > 0) {
          factor[k] = a[k];
          TD_LOADED(factor[k]);
        }
      }
    }
  }
  while (rows > 0);
  TD_UNROLL_ROWS for (int j = 0; j < 4; ++j) to[j] = sum[1][j];
}

/// Items are rows of four columns, chains of a multiple of four.
TD_AS_WRITTEN("no-schedule-insns")
static void td_part_of_thin_columns(const td_matmul_f32_args* p, td_range items) {
  int32_t j = td_whole(items.begin, p->m);
  int32_t i = items.begin - j * p->m;
  j *= 4;
  for (int32_t left = items.end - items.begin; left > 0; j += 4) {
    const int32_t rows = td_min_int(p->m - i, left);
    float* const y = p->y + i * p->y_row + j;
    const float* a = p->a + i * p->a_row;
    const float* b = p->b + j * p->b_col;
    uint32_t accumulate = p->accumulate;
    for (int32_t k = 0; k < p->k; k += 4) {
      if (accumulate)
        td_thin_columns(p, a, b, y, rows, 1);
      else
        td_thin_columns(p, a, b, y, rows, 0);
      accumulate = 1u;
      a += 4;
      b += 4 * p->b_row;
    }
    left -= rows;
    i = 0;
  }
}

static int td_is_thin(const td_matmul_f32_args* p) {
  return (p->k == 4 || p->k == 8) && p->reduce == 1 && p->m > 1 && p->n % 4 == 0 && p->a_col == 1 &&
         p->y_col == 1;
}

#define TD_ROW_COLUMNS 8

/// `columns` outputs of row i, a constant number, from column j on. The layouts are constants, too.
TD_INLINE void td_row_of(const td_matmul_f32_args* p, int32_t i, int32_t j, int columns,
                         td_a_layout a_layout, td_b_layout b_layout) {
  const int moves_a = a_layout == td_a_is_strided;  // in every turn, not in every fourth
  const int moves_b = b_layout == td_b_has_rows;
  const int32_t a_step = 4 * (moves_a ? p->a_col : 1);
  const int32_t b_step = 4 * (moves_b ? p->b_row : 1);
  const int32_t b_col = 4 * p->b_col;
  const int32_t y_col = p->y_col;
  float sum[TD_ROW_COLUMNS];
  float* const y = p->y + i * p->y_row + j * y_col;
  TD_UNROLL_COLUMNS for (int e = 0; e < columns; ++e) sum[e] = 0.0f;
  if (p->accumulate) {
    TD_UNROLL_COLUMNS for (int e = 0; e < columns; ++e) sum[e] = y[e * y_col];
  }
  int32_t r = 0;
  do {
    const float* a = p->a + r * p->a_reduce + i * p->a_row;
    const float* at[TD_ROW_COLUMNS] = {p->b + r * p->b_reduce + j * p->b_col};
    if (!moves_b) {
      TD_UNROLL_COLUMNS for (int e = 1; e < columns; ++e) at[e] = td_behind(at[e - 1], b_col);
    }
    TD_ROLLED for (int32_t left = p->k % 4; left > 0; --left) {
      TD_UNROLL_COLUMNS for (int e = 0; e < columns; ++e) {
        sum[e] = td_fmaf(*a, moves_b ? at[0][e] : *at[e], sum[e]);
        if (!moves_b) at[e] = td_behind(at[e], b_step);
      }
      if (moves_b) at[0] = td_behind(at[0], b_step);
      a = td_behind(a, a_step);
    }
    int32_t groups = p->k / 4;
    if (groups == 0) continue;
    float factor[2], b[TD_ROW_COLUMNS];
    factor[0] = *a;
    TD_UNROLL_COLUMNS for (int e = 0; e < columns; ++e) b[e] = moves_b ? at[0][e] : *at[e];
    int32_t a_last = moves_a ? a_step : 16, b_last = moves_b ? b_step : 16;
    TD_KEEP(a_last);
    TD_KEEP(b_last);
    TD_ALIGN_LOOP(groups);
    TD_ROLLED do {
      --groups;
      if (__builtin_expect(groups == 0, 0)) {
        a_last = b_last = 0;
        TD_KEEP(a_last);
        TD_KEEP(b_last);
      }
      TD_UNROLL_ROWS for (int k = 0; k < 4; ++k) {
        if (moves_a || k == 3) a = td_behind(a, k == 3 ? a_last : a_step);
        factor[1 - k % 2] = a[moves_a ? 0 : (k + 1) % 4];
        TD_UNROLL_COLUMNS for (int e = 0; e < columns; ++e) {
          sum[e] = td_fmaf(factor[k % 2], b[e], sum[e]);
          if (moves_b ? e == 0 : k == 3) at[e] = td_behind(at[e], k == 3 ? b_last : b_step);
          b[e] = moves_b ? at[0][e] : at[e][(k + 1) % 4];
          TD_LOADED(b[e]);
        }
      }
    }
    while (groups > 0);
  } while (++r < p->reduce);
  TD_UNROLL_COLUMNS for (int e = 0; e < columns; ++e) y[e * y_col] = sum[e];
}

TD_INLINE void td_part_of_rows_of(const td_matmul_f32_args* p, td_range items, td_a_layout a_layout,
                                  td_b_layout b_layout) {
  int32_t i = td_whole(items.begin, p->n);
  int32_t j = items.begin - i * p->n;
  for (int32_t left = items.end - items.begin; left > 0; ++i) {
    const int32_t end = td_min_int(j + left, p->n);
    left -= end - j;
    for (; j + TD_ROW_COLUMNS <= end; j += TD_ROW_COLUMNS)
      td_row_of(p, i, j, TD_ROW_COLUMNS, a_layout, b_layout);
    for (; j + 2 <= end && a_layout == td_a_is_dense; j += 2)
      td_row_of(p, i, j, 2, a_layout, b_layout);
    for (; j < end; ++j) td_row_of(p, i, j, 1, a_layout, b_layout);
    j = 0;
  }
}

/// Items are outputs, row after row. b_row or b_col is 1.
TD_AS_WRITTEN("no-schedule-insns")
static void td_part_of_rows(const td_matmul_f32_args* p, td_range items) {
  if (p->a_col == 1 && p->b_row == 1)
    td_part_of_rows_of(p, items, td_a_is_dense, td_b_has_columns);
  else if (p->a_col == 1)
    td_part_of_rows_of(p, items, td_a_is_dense, td_b_has_rows);
  else if (p->b_row == 1)
    td_part_of_rows_of(p, items, td_a_is_strided, td_b_has_columns);
  else
    td_part_of_rows_of(p, items, td_a_is_strided, td_b_has_rows);
}

/// The same for all strides.
static void td_part_of_chains(const td_matmul_f32_args* p, td_range items) {
  for (int32_t item = items.begin; item < items.end; ++item) {
    const int32_t i = item / p->n;
    const int32_t j = item - i * p->n;
    float* const y = p->y + i * p->y_row + j * p->y_col;
    float sum = p->accumulate ? *y : 0.0f;
    for (int32_t r = 0; r < p->reduce; ++r) {
      const float* a = p->a + r * p->a_reduce + i * p->a_row;
      const float* b = p->b + r * p->b_reduce + j * p->b_col;
      for (int32_t k = p->k; k > 0; --k) {
        sum = td_fmaf(*a, *b, sum);
        a += p->a_col;
        b += p->b_row;
      }
    }
    *y = sum;
  }
}

/// As many whole blocks as there are, then the columns and the rows that are left.
static void td_matmul_on_small_core(td_matmul_f32_args* p, td_team team) {
  const int has_rows = p->b_row == 1 || p->b_col == 1;
  const int32_t m = p->m, n = p->n;
  if (has_rows && m >= TD_BLOCK_ROWS && n >= TD_BLOCK_COLUMNS && p->y_col == 1 &&
      (p->a_col == 1 || p->a_row == 1)) {
    const int32_t rows = m - m % TD_BLOCK_ROWS;
    const int32_t columns = n - n % TD_BLOCK_COLUMNS;
    p->m = rows;
    p->n = columns;
    td_share_products(p, rows / TD_BLOCK_ROWS * (columns / TD_BLOCK_COLUMNS), td_part_in_blocks,
                      team);
    if (columns < n) {
      td_matmul_f32_args rest = *p;
      rest.y += columns;
      rest.b += columns * p->b_col;
      rest.n = n - columns;
      td_transpose(&rest);
      td_share_products(&rest, rest.m * rest.n, td_part_of_rows, team);
    }
    p->y += rows * p->y_row;
    p->a += rows * p->a_row;
    p->m = m - rows;
    p->n = n;
    if (rows == m) return;
  }
  td_share_products(p, p->m * n, has_rows ? td_part_of_rows : td_part_of_chains, team);
}
#endif

void td_matmul_f32(const td_matmul_f32_args* args, td_team team) {
  // The struct may lie in slow memory: of what strides most products have no use is not read.
  td_matmul_f32_args p = {.y = args->y,
                          .a = args->a,
                          .b = args->b,
                          .outer = args->outer,
                          .batch = args->batch,
                          .m = args->m,
                          .n = args->n,
                          .k = args->k,
                          .reduce = args->reduce,
                          .y_row = args->y_row,
                          .y_col = args->y_col,
                          .a_row = args->a_row,
                          .a_col = args->a_col,
                          .b_row = args->b_row,
                          .b_col = args->b_col,
                          .accumulate = args->accumulate};
  if (p.reduce > 1) p.a_reduce = args->a_reduce, p.b_reduce = args->b_reduce;
  if (p.outer > 1) {
    p.y_outer = args->y_outer, p.a_outer = args->a_outer, p.b_outer = args->b_outer;
  }
  if (p.batch > 1) {
    p.y_batch = args->y_batch, p.a_batch = args->a_batch, p.b_batch = args->b_batch;
  }
  // Where y is stored transposed, and where rows are many and columns too few to fill a block.
  if ((p.y_row == 1 && p.y_col != 1) || (p.n < TD_BLOCK_COLUMNS && p.n < p.m)) {
    td_transpose(&p);
  }
  if (p.k == 1 && p.reduce == 1) {
#if defined(__riscv)
    if (p.m >= 4 && p.n >= 8 && p.y_col == 1) {
      td_share_products(&p, td_multiple_blocks(&p) * p.m, td_part_of_columns_of_multiples, team);
      return;
    }
#endif
    td_share_products(&p, p.m * p.n, td_part_of_multiples, team);
    return;
  }
#if defined(__riscv)
  if (td_is_thin(&p)) {
    td_share_products(&p, p.n / 4 * p.m, td_part_of_thin_columns, team);
    return;
  }
  td_matmul_on_small_core(&p, team);
#else
  const int32_t columns = (p.n + TD_BLOCK_COLUMNS - 1) / TD_BLOCK_COLUMNS;
  td_share_products(&p, columns * td_row_blocks(&p), td_part_in_pieces, team);
#endif
}
