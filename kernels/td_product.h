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
#include "td_order.h"

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

/// One turn of the chain.
TD_INLINE void td_product_step(td_accumulators sum, const float* const* a_row, const float* b,
                               int32_t k, int rows) {
  TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
    const float factor = a_row[i][k];
    TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) {
      sum[i][j] = td_fmaf(factor, b[j], sum[i][j]);
    }
  }
}

// Copies of a function in all its callers would be most of the code.
#if defined(__clang__)
#define TD_OWN_CODE __attribute__((noinline, unused))
#else
#define TD_OWN_CODE __attribute__((noinline, noclone, unused))
#endif

#if defined(__riscv)
#define TD_RAGGED static TD_OWN_CODE
#else
#define TD_RAGGED TD_INLINE
#endif

/// What the outputs of `rows` rows at `y` hold, with zeros for padding.
TD_RAGGED void td_take_ragged(td_accumulators ragged, const td_product* p, const float* y,
                              int rows) {
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) ragged[i][j] = 0.0f;
    for (int j = 0; j < p->columns; ++j)
      ragged[i][j] = y[i * p->y_row + (p->y_column ? p->y_column[j] : j)];
  }
}

TD_RAGGED void td_put_ragged(const td_product* p, float* y, td_accumulators ragged, int rows) {
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < p->columns; ++j)
      y[i * p->y_row + (p->y_column ? p->y_column[j] : j)] = ragged[i][j];
  }
}

/// `rows` rows of outputs from row `first` on. `rows` and `layout` are constants; b_col is 1.
TD_INLINE void td_product_block(const td_product* p, int32_t first, int rows, td_a_layout layout) {
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
    td_take_ragged(ragged, p, y, rows);
    TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) {
      TD_LANES for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[i][j] = ragged[i][j];
    }
  }

  for (int32_t r = 0; r < p->reduce; ++r) {
    const float* a_row[TD_BLOCK_ROWS];
    TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) a_row[i] =
        p->a + r * p->a_reduce + (first + i) * p->a_row;
    const float* b = p->b + r * p->b_reduce;
    int32_t left = p->depth;
    if (layout == td_a_is_dense) {  // four turns at a time share the steps of the pointers
      for (; left >= 4; left -= 4) {
        TD_UNROLL_ROWS for (int32_t k = 0; k < 4; ++k) {
          td_product_step(sum, a_row, b, k, rows);
          b += p->b_row;
        }
        TD_UNROLL_ROWS for (int i = 0; i < rows; ++i) a_row[i] += 4;
      }
    }
    const int32_t* a_at = p->a_at;
    for (; left > 0; --left) {
      const int32_t at = layout == td_a_is_listed ? *a_at++ : 0;
      td_product_step(sum, a_row, b, at, rows);
      b += p->b_row;
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
    td_put_ragged(p, y, ragged, rows);
  }
}

#if defined(__riscv)
// Four rows on a core that issues one instruction in a cycle and shares its FPU with another core.
// A turn of the chain is 16 multiply-adds and 8 loads, and the FPU is the limit as long as all
// other instructions of four turns are few (11 now) and no load is waited for. It idles only while
// both cores do something else, so one instruction at most stands between two multiply-adds: a
// load, one value behind every two, of what the next turn takes, or a step of a pointer. Four turns
// are 404 bytes, and a block's other code 200: every line above an instruction cache of 512 costs.

/// How b lies: its rows are dense, or its columns are.
typedef enum { td_b_has_rows, td_b_has_columns } td_b_layout;

/// Where the factors of a turn of the chain lie.
typedef struct {
  const float* a[TD_BLOCK_ROWS];     // of each row; only the first if they lie side by side
  const int32_t* a_at;               // if they are listed
  const float* b[TD_BLOCK_COLUMNS];  // of each column; only the first if they lie side by side
} td_turn;

/// Row i's factor, `k` turns on.
TD_INLINE float td_a_of(const td_turn* turn, int i, int k, td_a_layout layout) {
  if (layout == td_a_is_strided) return turn->a[0][i];
  return turn->a[i][layout == td_a_is_listed ? turn->a_at[k] : k];
}

/// The same of column j. Dense rows are moved to first: their `k` is not looked at.
TD_INLINE float td_b_of(const td_turn* turn, int j, int k, td_b_layout layout) {
  return layout == td_b_has_rows ? turn->b[0][j] : turn->b[j][k];
}

/// Moves what row i reads by `bytes`.
TD_INLINE void td_move_a(td_turn* turn, int i, int32_t bytes, td_a_layout layout) {
  if (layout == td_a_is_listed && i == 0) {
    turn->a_at = (const int32_t*)((const char*)turn->a_at + bytes);
    TD_KEEP(turn->a_at);
  }
  if (layout == td_a_is_dense || (layout == td_a_is_strided && i == 0)) {
    turn->a[i] = (const float*)((const char*)turn->a[i] + bytes);
    TD_KEEP(turn->a[i]);
  }
}

/// The same for column j.
TD_INLINE void td_move_b(td_turn* turn, int j, int32_t bytes, td_b_layout layout) {
  if (layout == td_b_has_columns || j == 0) {
    turn->b[j] = (const float*)((const char*)turn->b[j] + bytes);
    TD_KEEP(turn->b[j]);
  }
}

/// Turns one by one, each a step of so many bytes.
TD_INLINE void td_single_turns(td_accumulators sum, td_turn* turn, int32_t turns, int32_t a_step,
                               int32_t b_step, td_a_layout a_layout, td_b_layout b_layout) {
  TD_ROLLED for (; turns > 0; --turns) {
    float b[TD_BLOCK_COLUMNS];
    TD_UNROLL_ROWS for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) b[j] = td_b_of(turn, j, 0, b_layout);
    TD_UNROLL_ROWS for (int i = 0; i < TD_BLOCK_ROWS; ++i) {
      const float a = td_a_of(turn, i, 0, a_layout);
      TD_UNROLL_ROWS for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[i][j] =
          td_fmaf(a, b[j], sum[i][j]);
    }
    TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
      td_move_a(turn, i, a_step, a_layout);
      td_move_b(turn, i, b_step, b_layout);
    }
  }
}

/// `groups` times four turns. Behind the very last turn nothing may be read: it moves by 0 and
/// reads once more what has been read.
TD_INLINE void td_groups_of_turns(td_accumulators sum, td_turn* turn, int32_t groups,
                                  int32_t a_step, int32_t b_step, td_a_layout a_layout,
                                  td_b_layout b_layout) {
  const int moves_a = a_layout == td_a_is_strided;  // in every turn, not in every fourth
  const int moves_b = b_layout == td_b_has_rows;
  float a[TD_BLOCK_ROWS], b[2][TD_BLOCK_COLUMNS];
  TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
    a[i] = td_a_of(turn, i, 0, a_layout);
    b[0][i] = td_b_of(turn, i, 0, b_layout);
  }
  int32_t a_last = moves_a ? a_step : 4 * a_step, b_last = moves_b ? b_step : 4 * b_step;
  TD_KEEP(a_last);
  TD_KEEP(b_last);
  TD_ALIGN_LOOP(groups);
  TD_ROLLED do {
    TD_UNROLL_ROWS for (int k = 0; k < 4; ++k) {
      float* const now = b[k % 2];
      float* const next = b[1 - k % 2];
      TD_UNROLL_ROWS for (int i = 0; i < 4; ++i) {
        sum[i][0] = td_fmaf(a[i], now[0], sum[i][0]);
        if (k == 3 || moves_b) td_move_b(turn, i, k == 3 ? b_last : b_step, b_layout);
        if (k == 0 && i == 1) {
          --groups;
          TD_KEEP(groups);
        }
        sum[i][1] = td_fmaf(a[i], now[1], sum[i][1]);
        next[i] = td_b_of(turn, i, (k + 1) % 4, b_layout);
        sum[i][2] = td_fmaf(a[i], now[2], sum[i][2]);
        if (k == 3 || moves_a) td_move_a(turn, i, k == 3 ? a_last : a_step, a_layout);
        if (k == 1 && i == 1) {
          if (__builtin_expect(groups == 0, 0)) a_last = b_last = 0;
          TD_KEEP(a_last);
          TD_KEEP(b_last);
        }
        sum[i][3] = td_fmaf(a[i], now[3], sum[i][3]);
        a[i] = td_a_of(turn, i, (k + 1) % 4, a_layout);
      }
    }
  }
  while (groups > 0);
}

/// `from`, `bytes` on.
TD_INLINE const float* td_behind(const float* from, int32_t bytes) {
  const float* to = (const float*)((const char*)from + bytes);
  TD_KEEP(to);
  return to;
}

/// `rows` rows of a column of blocks, a multiple of four, for which rows of four at `y` and rows at
/// `first_a` stand in place of those of `p`. The layouts are constants; where a is strided, a_row
/// is 1.
TD_INLINE void td_product_by_4(const td_product* p, float* y, int32_t y_row, const float* first_a,
                               int32_t rows, td_a_layout a_layout, td_b_layout b_layout) {
  td_accumulators sum;
  const volatile float zero = 0.0f;  // a constant would come through the FPU
  const int32_t a_step = a_layout == td_a_is_strided ? 4 * p->a_col : 4;
  const int32_t b_step = b_layout == td_b_has_rows ? 4 * p->b_row : 4;
  const int32_t a_row = 4 * p->a_row;
  const int32_t b_col = 4 * p->b_col;
  int32_t groups = (int32_t)((uint32_t)p->depth / 4u);
  int32_t singles = (int32_t)((uint32_t)p->depth % 4u);
  const float* const first_b = p->b;
  int32_t more = p->reduce - 1;
  const uint32_t from_zero = p->from_zero;
  y_row *= 4;
  TD_KEEP(groups);
  TD_KEEP(singles);
  TD_KEEP(more);
  TD_ROLLED do {
    if (__builtin_expect(from_zero != 0u, 1)) {
      TD_UNROLL_ROWS for (int i = 0; i < TD_BLOCK_ROWS; ++i) {
        TD_UNROLL_ROWS for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[i][j] = zero;
      }
    } else {
      const float* from = y;
      TD_UNROLL_ROWS for (int i = 0; i < TD_BLOCK_ROWS; ++i) {
        TD_UNROLL_ROWS for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) sum[i][j] = from[j];
        from = td_behind(from, y_row);
      }
    }
    int32_t left = more;
    for (;;) {
      td_turn turn = {.a_at = p->a_at, .a = {first_a}, .b = {first_b}};
      if (__builtin_expect(left != more, 0)) {
        turn.a[0] += (more - left) * p->a_reduce;
        turn.b[0] += (more - left) * p->b_reduce;
      }
      if (a_layout != td_a_is_strided) {
        TD_UNROLL_ROWS for (int i = 1; i < TD_BLOCK_ROWS; ++i) turn.a[i] =
            td_behind(turn.a[i - 1], a_row);
      }
      if (b_layout == td_b_has_columns) {
        TD_UNROLL_ROWS for (int j = 1; j < TD_BLOCK_COLUMNS; ++j) turn.b[j] =
            td_behind(turn.b[j - 1], b_col);
      }
      if (__builtin_expect(singles, 0)) {
        td_single_turns(sum, &turn, singles, a_step, b_step, a_layout, b_layout);
        if (groups == 0) goto next;
      }
      td_groups_of_turns(sum, &turn, groups, a_step, b_step, a_layout, b_layout);
    next:
      if (__builtin_expect(left == 0, 1)) break;
      --left;
    }
    TD_UNROLL_ROWS for (int i = 0; i < TD_BLOCK_ROWS; ++i) {
      TD_UNROLL_ROWS for (int j = 0; j < TD_BLOCK_COLUMNS; ++j) y[j] = sum[i][j];
      y = (float*)td_behind(y, y_row);
    }
    first_a = td_behind(first_a, TD_BLOCK_ROWS * a_row);
    rows -= TD_BLOCK_ROWS;
  }
  while (rows > 0);
}

/// Rows of four, a multiple of four, of a column of blocks whose b is a panel.
TD_AS_WRITTEN("no-schedule-insns")
static TD_OWN_CODE void td_rows_of_panel(const td_product* p, float* y, int32_t y_row,
                                         const float* a, int32_t rows) {
  if (p->a_at)
    td_product_by_4(p, y, y_row, a, rows, td_a_is_listed, td_b_has_rows);
  else
    td_product_by_4(p, y, y_row, a, rows, td_a_is_dense, td_b_has_rows);
}
#endif

/// All rows of a column of blocks whose b is a panel. Without `a_at`, a_col is 1.
TD_AS_WRITTEN("no-schedule-insns") static inline void td_product_of_panel(const td_product* p) {
  int32_t first = 0;
#if defined(__riscv)
  first = p->rows - p->rows % TD_BLOCK_ROWS;
  if (p->y_column == 0 && p->columns == TD_BLOCK_COLUMNS) {
    if (first > 0) td_rows_of_panel(p, p->y, p->y_row, p->a, first);
  } else {
    td_accumulators apart;
    for (int32_t i = 0; i < first; i += TD_BLOCK_ROWS) {
      float* const y = p->y + i * p->y_row;
      if (!p->from_zero) td_take_ragged(apart, p, y, TD_BLOCK_ROWS);
      td_rows_of_panel(p, &apart[0][0], TD_BLOCK_COLUMNS, p->a + i * p->a_row, TD_BLOCK_ROWS);
      td_put_ragged(p, y, apart, TD_BLOCK_ROWS);
    }
  }
#else
  for (; first + TD_BLOCK_ROWS <= p->rows; first += TD_BLOCK_ROWS) {
    if (p->a_at)
      td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_listed);
    else
      td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_dense);
  }
#endif
  for (; first < p->rows; ++first) {
    if (p->a_at)
      td_product_block(p, first, 1, td_a_is_listed);
    else
      td_product_block(p, first, 1, td_a_is_dense);
  }
}

#if defined(__riscv)
/// All rows of a column of blocks, all of them whole. Of a_col and a_row one is 1, and of b_row and
/// b_col.
TD_AS_WRITTEN("no-schedule-insns") static inline void td_product_column(const td_product* p) {
  if (p->a_col == 1 && p->b_col == 1)
    td_product_by_4(p, p->y, p->y_row, p->a, p->rows, td_a_is_dense, td_b_has_rows);
  else if (p->a_col == 1)
    td_product_by_4(p, p->y, p->y_row, p->a, p->rows, td_a_is_dense, td_b_has_columns);
  else if (p->b_col == 1)
    td_product_by_4(p, p->y, p->y_row, p->a, p->rows, td_a_is_strided, td_b_has_rows);
  else
    td_product_by_4(p, p->y, p->y_row, p->a, p->rows, td_a_is_strided, td_b_has_columns);
}
#else
/// All rows of a column of blocks without `a_at`.
static TD_OWN_CODE void td_product_column(const td_product* p) {
  int32_t first = 0;
  for (; first + TD_BLOCK_ROWS <= p->rows; first += TD_BLOCK_ROWS)
    td_product_block(p, first, TD_BLOCK_ROWS, td_a_is_strided);
  for (; first < p->rows; ++first) td_product_block(p, first, 1, td_a_is_strided);
}
#endif

#endif
