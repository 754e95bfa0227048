/// The block that matrix products and convolutions in all directions are made of:
///
///     y[i][j] = y[i][j] + sum over r, k of a[r][i][k] * b[r][k][j]
///
/// for a few rows i and TD_BLOCK_COLUMNS columns j. Every output is one chain of fused
/// multiply-adds, r ascending outside and k ascending inside, so the shape of a block, which
/// differs between machines, never shows in the result. The outputs of a block stay in registers
/// over the chain.
///
///             b: depth x columns          A core that keeps 16 accumulators loads 4 + 4 values for
///               +----------+              16 multiply-adds. A machine with vector registers takes
///               |          |              16 columns, and the loop over j becomes vectors.
///               +----------+
///     a  +---+  +----------+
///        |   |  |    y     |  rows
///        +---+  +----------+
///
/// b is read where it lies if its rows are dense; otherwise, and for ragged columns, the caller
/// gathers it into a panel of rows of TD_BLOCK_COLUMNS, padded with zeros. The padding's outputs
/// are computed and dropped.
#ifndef TD_PRODUCT_H
#define TD_PRODUCT_H

#include "td_kernels.h"

// A panel lies on the stack: 1 KiB on a small core, 16 KiB elsewhere.
#define TD_BLOCK_ROWS 4
#if defined(__riscv)
#define TD_BLOCK_COLUMNS 4
#define TD_PANEL_DEPTH 64
#else
#define TD_BLOCK_COLUMNS 16
#define TD_PANEL_DEPTH 256
#endif

// Rows become straight code. clang does that by itself, after it has made vectors of the columns.
#if defined(__clang__) && !defined(__riscv)
#define TD_UNROLL_ROWS
#else
#define TD_UNROLL_ROWS _Pragma("GCC unroll 4")
#endif

/// One column of blocks. Strides and distances are in elements.
typedef struct {
  float* y;
  int32_t y_row;
  const int32_t* y_column;  // where each column's outputs lie; null: side by side
  int32_t rows;             // >= 1
  int32_t columns;          // 1 .. TD_BLOCK_COLUMNS; the others are padding
  const float* a;
  int32_t a_row, a_col, a_reduce;  // along i, k, r
  const int32_t* a_at;             // how far a[r][i][k] is from a[r][i][0]; null: k * a_col
  const float* b;
  int32_t b_row, b_col, b_reduce;  // along k, j, r
  int32_t reduce;                  // extent of r, >= 1
  int32_t depth;                   // extent of k, >= 1
  uint32_t from_zero;              // the chains start from +0, not from y
} td_product;

typedef float td_accumulators[TD_BLOCK_ROWS][TD_BLOCK_COLUMNS];

/// How the factors of a chain lie: side by side, `a_col` apart, or as `a_at` says.
typedef enum { td_a_is_dense, td_a_is_strided, td_a_is_listed } td_a_layout;

/// One turn of the chain. `b` has dense rows or `b_column` points at each column.
TD_INLINE void td_product_step(td_accumulators sum, const float* const* a_row, const float* b,
                               const float* const* b_column, int32_t k, int rows, int b_is_dense) {
  TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
    const float factor = a_row[i][k];
    TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) {
      sum[i][j] = td_fmaf(factor, b_is_dense ? b[j] : *b_column[j], sum[i][j]);
    }
  }
}

/// `rows` rows of outputs from row `first` on. `rows`, `layout` and `b_is_dense` (b_col is 1) are
/// constants.
TD_INLINE void td_product_block(const td_product* p, int32_t first, int rows, td_a_layout layout,
                                int b_is_dense) {
  td_accumulators sum;
  td_accumulators ragged;  // has run-time indices, which accumulators in registers cannot have
  float* const y = p->y + first * p->y_row;
  const int is_plain = p->y_column == 0 && p->columns == TD_BLOCK_COLUMNS;
  TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
    TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[i][j] = 0.0f;
  }
  if (!p->from_zero && is_plain) {
    TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
      const float* const row = y + i * p->y_row;
      TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[i][j] = row[j];
    }
  } else if (!p->from_zero) {
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) ragged[i][j] = 0.0f;
      for (int j = 0; j < p->columns; ++j)
        ragged[i][j] = y[i * p->y_row + (p->y_column ? p->y_column[j] : j)];
    }
    TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
      TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[i][j] = ragged[i][j];
    }
  }

  for (int32_t r = 0; r < p->reduce; ++r) {
    const float* a_row[TD_BLOCK_ROWS];
    TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) a_row[i] =
        p->a + r * p->a_reduce + (first + i) * p->a_row;
    const float* b = p->b + r * p->b_reduce;
    const float* b_column[TD_BLOCK_COLUMNS] = {0};
    if (!b_is_dense) {
      TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) b_column[j] = b + j * p->b_col;
    }
    int32_t left = p->depth;
    if (layout == td_a_is_dense) {  // four turns at a time share the steps of the pointers
      for (; left >= 4; left -= 4) {
        TD_UNROLL_ROWS for (int32_t k = 0; k < 4; ++k) {
          td_product_step(sum, a_row, b, b_column, k, rows, b_is_dense);
          b += p->b_row;
          if (!b_is_dense) {
            TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) b_column[j] += p->b_row;
          }
        }
        TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) a_row[i] += 4;
      }
    }
    const int32_t* a_at = p->a_at;
    for (; left > 0; --left) {
      const int32_t at = layout == td_a_is_listed ? *a_at++ : 0;
      td_product_step(sum, a_row, b, b_column, at, rows, b_is_dense);
      b += p->b_row;
      if (!b_is_dense) {
        TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) b_column[j] += p->b_row;
      }
      if (layout == td_a_is_listed) continue;
      TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
        a_row[i] += layout == td_a_is_dense ? 1 : p->a_col;
      }
    }
  }

  if (is_plain) {
    TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
      float* const row = y + i * p->y_row;
      TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) row[j] = sum[i][j];
    }
  } else {
    TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
      TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) ragged[i][j] = sum[i][j];
    }
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < p->columns; ++j)
        y[i * p->y_row + (p->y_column ? p->y_column[j] : j)] = ragged[i][j];
  }
}

/// All rows of a column of blocks whose b is a panel. Without `a_at`, a_col is 1.
static inline void td_product_of_panel(const td_product* p) {
  int32_t first = 0;
  for (; first + TD_BLOCK_ROWS <= p->rows; first += TD_BLOCK_ROWS) {
    if (p->a_at)
      td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_listed, 1);
    else
      td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_dense, 1);
  }
  for (; first < p->rows; ++first) {
    if (p->a_at)
      td_product_block(p, first, 1, td_a_is_listed, 1);
    else
      td_product_block(p, first, 1, td_a_is_dense, 1);
  }
}

/// All rows of a column of blocks without `a_at`.
static inline void td_product_column(const td_product* p) {
  int32_t first = 0;
  for (; first + TD_BLOCK_ROWS <= p->rows; first += TD_BLOCK_ROWS) {
#if defined(__riscv)
    if (p->b_col == 1 && p->a_col == 1)
      td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_dense, 1);
    else if (p->b_col == 1)
      td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_strided, 1);
    else if (p->a_col == 1)
      td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_dense, 0);
    else
      td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_strided, 0);
#else
    td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_strided, 1);
#endif
  }
  for (; first < p->rows; ++first) {
#if defined(__riscv)
    if (p->a_col != 1)
      td_product_block(p, first, 1, td_a_is_strided, 0);
    else if (p->b_col != 1)
      td_product_block(p, first, 1, td_a_is_dense, 0);
    else
      td_product_block(p, first, 1, td_a_is_dense, 1);
#else
    td_product_block(p, first, 1, td_a_is_strided, 1);
#endif
  }
}

/// Whether a column of blocks can read b where it lies.
static inline int td_is_direct(int32_t columns, int32_t b_col) {
#if defined(__riscv)
  (void)b_col;
  return columns == TD_BLOCK_COLUMNS;
#else
  return columns == TD_BLOCK_COLUMNS && b_col == 1;
#endif
}

#endif
