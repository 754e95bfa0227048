// The matrix engine: y[r, c] (+)= sum over d of a[r, d] * b[d, c], as `td_engine_job` in td_platform.h says.
//
// Output-stationary: the sums of a tile stay in the array of ROWS x COLUMNS multiply-adds until they
// are complete. A tile is up to ROW_GROUPS x COLUMN_GROUPS times as large as the array, and each unit
// interleaves its sums, one a cycle, so that one is back before its turn comes again. A tile's depth is
// cut into blocks of DEPTH, for which there are two operand buffers; sums have two banks:
//
//   L1 ==WORDS a cycle==> operands a, b of block i + 1      while block i is computed
//      <================= sums of tile t                    while tile t + 1 is computed
//
// Everything is exchanged at the rising clock edge, as in tdc_core.sv: requests leave registers, and
// the grants of a cycle and the words that were read come with the edge that ends it. The words of an
// access are granted one by one; the next access follows when all are.
module tdc_engine #(
    parameter int ROWS = 6,
    parameter int COLUMNS = 8,
    parameter int ROW_GROUPS = 4,
    parameter int COLUMN_GROUPS = 4,
    parameter int SUMS = 8,   // of a unit, in each of two banks
    parameter int DEPTH = 8,  // of an operand buffer
    parameter int WORDS = 8,  // of an access
    parameter int BANKS = 16, // of L1: only to choose in which direction operands are read
    parameter int QUEUE = 2,  // jobs behind the one that runs
    parameter int JOB_WORDS = 28
) (
    input logic clk_i,
    input logic rst_ni,

    // A job as it lies in memory. Not to be offered while full.
    input  logic                       start_i,
    input  logic [JOB_WORDS-1:0][31:0] job_i,
    output logic                       full_o,
    output logic [31:0]                completed_o,  // jobs so far
    output logic [31:0]                flop_a_cycle_o,  // at most

    output logic [WORDS-1:0]       request_o,
    output logic                   write_o,
    output logic [WORDS-1:0][31:0] address_o,
    output logic [WORDS-1:0][31:0] wdata_o,
    input  logic [WORDS-1:0]       grant_i,
    input  logic [WORDS-1:0][31:0] rdata_next_i
);
  localparam int RowLanes = ROW_GROUPS * ROWS;
  localparam int ColumnLanes = COLUMN_GROUPS * COLUMNS;
  localparam int Latency = 4;  // from an operation's issue to that of the next one for the same sum

  typedef logic [7:0] count_t;  // within a tile
  typedef logic [31:0] word_t;

  // The first word of the job is the last member.
  typedef struct packed {
    word_t column_groups, row_groups, accumulate;
    word_t window, window_depth, window_column, window_begin;
    word_t [2:0] b_depth;
    word_t [1:0] b_column;
    word_t [2:0] a_depth;
    word_t a_row;
    word_t [1:0] y_column;
    word_t y_row;
    word_t [2:0] depth;
    word_t [1:0] columns;
    word_t rows, b, a, y;
  } job_t;

  // ---- Walks: rows, columns and depth as nested loops, each with its place in two of the matrices ----
  typedef enum logic [1:0] {ROW, COLUMN, DEEP} walk_e;
  typedef enum logic [1:0] {A, B, Y} matrix_e;

  // Offsets in words: of rows in a and y, of columns in b and y, of depth in a and b.
  typedef struct packed {
    word_t index1, index0;   // of the two inner loops
    word_t offset1, offset0;
    word_t window;
  } place_t;
  typedef struct packed {
    word_t extent1, extent0;  // 0 for a loop that is not left
    word_t [2:0] step1, step0;  // what a step of a loop adds to the offsets, the inner loops being left
    word_t window;
  } loops_t;

  function automatic place_t following(place_t at, loops_t loops);
    logic leaves0, leaves1;
    place_t next;
    leaves0 = at.index0 + 1 == loops.extent0;
    leaves1 = leaves0 && at.index1 + 1 == loops.extent1;
    next.index0 = leaves0 ? 0 : at.index0 + 1;
    next.index1 = leaves1 ? 0 : at.index1 + {31'b0, leaves0};
    next.offset0 = at.offset0 + (leaves1 ? loops.step0[2] : leaves0 ? loops.step0[1] : loops.step0[0]);
    next.offset1 = at.offset1 + (leaves1 ? loops.step1[2] : leaves0 ? loops.step1[1] : loops.step1[0]);
    next.window = leaves0 ? 0 : at.window + loops.window;
    return next;
  endfunction

  // The steps of three nested loops.
  function automatic word_t [2:0] steps(word_t extent0, word_t extent1, word_t [2:0] strides);
    word_t back0, back1;
    back0 = (extent0 - 1) * strides[0];
    back1 = (extent1 - 1) * strides[1];
    return {strides[2] - back1 - back0, strides[1] - back0, strides[0]};
  endfunction

  function automatic count_t smaller(word_t x, int y);
    return x < word_t'(y) ? x[7:0] : count_t'(y);
  endfunction

  // How many of the words that follow each other in a direction the banks give in one cycle: as many
  // as there are until the walk jumps, and as their stride spreads over banks.
  function automatic count_t words_a_cycle(word_t [2:0] extents, word_t [2:0] strides);
    word_t run, stride;
    count_t spread;
    logic goes_on;
    run = 1;
    stride = 0;
    goes_on = 1;
    for (int l = 0; l < 3; l++)
      if (extents[l] != 1 && goes_on) begin
        goes_on = run == 1 || strides[l] == run * stride;
        if (run == 1) stride = strides[l];
        if (goes_on) run = run * extents[l];
      end
    spread = 1;
    for (int bit_ = $clog2(BANKS) - 1; bit_ >= 0; bit_--)
      if (stride[bit_]) spread = count_t'(BANKS >> bit_);
    return smaller(run, int'(spread) < WORDS ? int'(spread) : WORDS);
  endfunction

  // ---- Jobs ----
  job_t queue[QUEUE], job;
  logic [$clog2(QUEUE+1)-1:0] queued;
  assign full_o = int'(queued) == QUEUE;
  assign flop_a_cycle_o = 2 * ROWS * COLUMNS;

  loops_t loops[3];
  logic along_second[3];  // per matrix: an access follows its second walk (see below), not its first
  count_t row_groups, column_groups;
  word_t total_columns, total_depth;

  // ---- Tiles and their sums ----
  // A bank of sums is taken from when the loads of its tile begin until the last sum was drained.
  typedef struct packed {
    place_t row, column;
    count_t rows, columns;
  } tile_t;
  tile_t tile[2];
  logic [1:0] taken, is_computed;
  word_t sums[2][SUMS][ROWS][COLUMNS];

  // The place of an output in its bank.
  function automatic int sum_slot(int row, int column, count_t columns);
    return (row / ROWS) * ((int'(columns) + COLUMNS - 1) / COLUMNS) + column / COLUMNS;
  endfunction

  // ---- Operand buffers ----
  typedef struct packed {
    logic first, last, bank;  // of the tile's blocks
    count_t depth;
  } block_t;
  block_t block[2];
  logic [1:0] filling, ready;
  word_t a_buffer[2][RowLanes][DEPTH];
  word_t b_buffer[2][ColumnLanes][DEPTH];

  // ---- What is loaded: per tile y if it is continued, per block a, then b ----
  typedef enum logic [2:0] {IDLE, SETUP, TILE, LOAD_Y, LOAD_A, LOAD_B, DRAIN} state_e;
  state_e state;
  logic load_buffer, load_bank;
  word_t rows_left, columns_left, depth_left;

  // ---- What is drained ----
  logic drains, drain_bank;

  // ---- Accesses. Index 0 is the loader, 1 the drain. ----
  place_t start[2][3], now[2][3];  // where each walk begins in this tile or block; where it is
  place_t row_end;                 // behind the tile's rows
  count_t size[2][3];              // of the tile or block in each walk
  count_t inner_at[2], outer_at[2];

  logic who, load_wants, goes;
  matrix_e matrix;
  walk_e first, second, inner, outer;
  logic is_last_inner, is_last;
  count_t count;
  word_t base;
  place_t inner_end, outer_next;
  logic [WORDS-1:0] in_access, is_read;
  word_t address[WORDS], drained[WORDS];
  count_t first_at, second_at;  // in the tile or block, of word 0
  logic along;

  logic [WORDS-1:0] pending, zeros;
  assign load_wants = state == LOAD_Y || (state == LOAD_A && !filling[load_buffer]) || state == LOAD_B;
  assign goes = (load_wants || drains) && (pending & ~grant_i) == 0;

  always_comb begin
    who = !load_wants;
    matrix = who || state == LOAD_Y ? Y : state == LOAD_A ? A : B;
    first = matrix == B ? COLUMN : ROW;
    second = matrix == Y ? COLUMN : DEEP;
    along = along_second[matrix];
    inner = along ? second : first;
    outer = along ? first : second;
    base = matrix == A ? job.a : matrix == B ? job.b : job.y;
    first_at = along ? outer_at[who] : inner_at[who];
    second_at = along ? inner_at[who] : outer_at[who];
    count = smaller({24'b0, size[who][inner] - inner_at[who]}, WORDS);
    is_last_inner = inner_at[who] + count == size[who][inner];
    is_last = is_last_inner && outer_at[who] + 1 == size[who][outer];
    inner_end = now[who][inner];
    outer_next = following(now[who][outer], loops[outer]);
    for (int w = 0; w < WORDS; w++) begin
      in_access[w] = count_t'(w) < count;
      // Rows have a and y, columns b and y, depth a and b.
      address[w] = base + 4 * (
          ((matrix == Y || (matrix == B && inner == DEEP)) ? inner_end.offset1 : inner_end.offset0) +
          ((matrix == Y || (matrix == B && outer == DEEP)) ? now[who][outer].offset1 : now[who][outer].offset0));
      is_read[w] = matrix != B || job.window == 0 ||
          job.window_begin + inner_end.window + now[who][outer].window < job.window;
      if (in_access[w]) inner_end = following(inner_end, loops[inner]);
    end
  end

  always_comb
    for (int w = 0; w < WORDS; w++) begin
      automatic int row = int'(first_at) + (along ? 0 : w);
      automatic int column = int'(second_at) + (along ? w : 0);
      drained[w] = sums[drain_bank][sum_slot(row, column, size[1][COLUMN])][row % ROWS][column % COLUMNS];
    end

  assign request_o = pending;

  // What was read, in the cycle after.
  typedef struct packed {
    matrix_e matrix;
    logic along, buffer, bank, last;
    count_t first_at, second_at, columns;
  } target_t;
  target_t target, answer;
  logic [WORDS-1:0] answered;
  word_t answer_data[WORDS];
  logic answer_is_last;

  // ---- Compute ----
  logic compute_buffer;
  count_t depth_at, sum_at, row_group, column_group, group_rows, group_columns;
  block_t current;
  tile_t current_tile;
  logic issues, is_last_sum, is_turn_over, is_last_depth;
  always_comb begin
    current = block[compute_buffer];
    current_tile = tile[current.bank];
    group_rows = count_t'((int'(current_tile.rows) + ROWS - 1) / ROWS);
    group_columns = count_t'((int'(current_tile.columns) + COLUMNS - 1) / COLUMNS);
    issues = ready[compute_buffer] && row_group != group_rows;
    is_last_sum = row_group + 1 == group_rows && column_group + 1 == group_columns;
    is_turn_over = (is_last_sum || row_group == group_rows) && int'(sum_at) + 1 >= Latency;
    is_last_depth = depth_at + 1 == current.depth;
  end

  typedef struct packed {
    logic valid, bank, is_first, is_last;
    count_t sum;
    logic [ROWS-1:0] rows;
    logic [COLUMNS-1:0] columns;
  } operation_t;
  operation_t operation[Latency];  // 0: its operands are in registers; 3: its results are in `result`
  word_t a_operand[ROWS], b_operand[COLUMNS], result[ROWS][COLUMNS];

  for (genvar r = 0; r < ROWS; r++) begin : gen_row
    for (genvar c = 0; c < COLUMNS; c++) begin : gen_column
      logic [2:0] valid;
      word_t addend;
      for (genvar s = 0; s < 3; s++) assign valid[s] =
          operation[s].valid && operation[s].rows[r] && operation[s].columns[c];
      assign addend = operation[0].is_first ? 0 : sums[operation[0].bank][operation[0].sum][r][c];
      tdc_fma fma_i (.clk_i, .valid_i(valid), .a_i(a_operand[r]), .b_i(b_operand[c]), .c_i(addend),
          .y_o(result[r][c]));
    end
  end

  always_ff @(posedge clk_i) begin
    // ---- Queue ----
    if (state == IDLE && queued != 0) begin
      job <= queue[0];
      state <= SETUP;
      for (int i = 0; i + 1 < QUEUE; i++) queue[i] <= queue[i+1];
    end
    if (start_i) queue[int'(queued) - int'(state == IDLE && queued != 0)] <= job_t'(job_i);
    queued <= queued + start_i - (state == IDLE && queued != 0);

    // ---- Start of a job ----
    if (state == SETUP) begin
      loops[ROW] <= '{extent1: 0, extent0: 0, step1: {64'b0, job.y_row}, step0: {64'b0, job.a_row}, window: 0};
      loops[COLUMN] <= '{extent1: 0, extent0: job.columns[0],
          step1: steps(job.columns[0], 1, {32'b0, job.y_column}),
          step0: steps(job.columns[0], 1, {32'b0, job.b_column}), window: job.window_column};
      loops[DEEP] <= '{extent1: job.depth[1], extent0: job.depth[0],
          step1: steps(job.depth[0], job.depth[1], job.b_depth),
          step0: steps(job.depth[0], job.depth[1], job.a_depth), window: job.window_depth};
      along_second[A] <= words_a_cycle(job.depth, job.a_depth) >
          words_a_cycle({32'd1, 32'd1, job.rows}, {64'b0, job.a_row});
      along_second[B] <= words_a_cycle(job.depth, job.b_depth) >
          words_a_cycle({32'd1, job.columns}, {32'b0, job.b_column});
      along_second[Y] <= words_a_cycle({32'd1, job.columns}, {32'b0, job.y_column}) >=
          words_a_cycle({32'd1, 32'd1, job.rows}, {64'b0, job.y_row});
      row_groups <= smaller(job.row_groups, ROW_GROUPS);
      column_groups <= smaller(job.column_groups, SUMS / int'(smaller(job.row_groups, ROW_GROUPS)) < COLUMN_GROUPS
          ? SUMS / int'(smaller(job.row_groups, ROW_GROUPS)) : COLUMN_GROUPS);
      total_columns <= job.columns[0] * job.columns[1];
      total_depth <= job.depth[0] * job.depth[1] * job.depth[2];
      rows_left <= job.rows;
      columns_left <= job.columns[0] * job.columns[1];
      for (int i = 0; i < 3; i++) start[0][i] <= '0;
      state <= TILE;
    end

    // ---- Start of a tile ----
    if (state == TILE && !taken[load_bank]) begin
      taken[load_bank] <= 1;
      tile[load_bank] <= '{row: start[0][ROW], column: start[0][COLUMN],
          rows: smaller(rows_left, int'(row_groups) * ROWS),
          columns: smaller(columns_left, int'(column_groups) * COLUMNS)};
      size[0][ROW] <= smaller(rows_left, int'(row_groups) * ROWS);
      size[0][COLUMN] <= smaller(columns_left, int'(column_groups) * COLUMNS);
      size[0][DEEP] <= smaller(total_depth, DEPTH);
      depth_left <= total_depth;
      for (int i = 0; i < 3; i++) now[0][i] <= start[0][i];
      state <= job.accumulate != 0 ? LOAD_Y : LOAD_A;
    end

    // ---- The next access ----
    pending <= pending & ~grant_i;
    zeros <= 0;
    if (goes) begin
      pending <= in_access & is_read;
      zeros <= in_access & ~is_read;
      write_o <= who;
      for (int w = 0; w < WORDS; w++) begin
        address_o[w] <= address[w];
        wdata_o[w] <= drained[w];
      end
      target <= '{matrix: matrix, along: along, buffer: load_buffer, bank: load_bank, last: is_last && !who,
          first_at: first_at, second_at: second_at, columns: size[0][COLUMN]};
      inner_at[who] <= is_last_inner ? 0 : inner_at[who] + count;
      now[who][inner] <= is_last_inner ? start[who][inner] : inner_end;
      if (is_last_inner) begin
        outer_at[who] <= is_last ? 0 : outer_at[who] + 1;
        now[who][outer] <= is_last ? start[who][outer] : outer_next;
      end
    end else target.last <= target.last && (pending & ~grant_i) != 0;

    if (goes && is_last && !who)
      case (state)
        LOAD_Y: state <= LOAD_A;
        LOAD_A: begin
          state <= LOAD_B;
          filling[load_buffer] <= 1;
          block[load_buffer] <= '{first: depth_left == total_depth, last: depth_left <= DEPTH, bank: load_bank,
              depth: size[0][DEEP]};
          row_end <= along ? outer_next : inner_end;
        end
        default: begin  // LOAD_B
          load_buffer <= !load_buffer;
          depth_left <= depth_left - DEPTH;
          size[0][DEEP] <= smaller(depth_left - DEPTH, DEPTH);
          start[0][DEEP] <= along ? inner_end : outer_next;
          now[0][DEEP] <= along ? inner_end : outer_next;
          state <= LOAD_A;
          if (depth_left <= DEPTH) begin
            load_bank <= !load_bank;
            start[0][DEEP] <= '0;
            start[0][COLUMN] <= along ? outer_next : inner_end;
            columns_left <= columns_left - {24'b0, size[0][COLUMN]};
            state <= TILE;
            if (columns_left == {24'b0, size[0][COLUMN]}) begin
              start[0][COLUMN] <= '0;
              columns_left <= total_columns;
              start[0][ROW] <= row_end;
              rows_left <= rows_left - {24'b0, size[0][ROW]};
              if (rows_left == {24'b0, size[0][ROW]}) state <= DRAIN;
            end
          end
        end
      endcase

    // ---- The end of a job: everything was drained and granted ----
    if (state == DRAIN && taken == 0 && (pending & ~grant_i) == 0) begin
      completed_o <= completed_o + 1;
      state <= IDLE;
    end

    // ---- Words that were read ----
    answered <= (write_o ? 0 : pending & grant_i) | zeros;
    answer <= target;
    answer_is_last <= target.last && (pending & ~grant_i) == 0;
    for (int w = 0; w < WORDS; w++) begin
      automatic int i = int'(answer.first_at) + (answer.along ? 0 : w);
      automatic int j = int'(answer.second_at) + (answer.along ? w : 0);
      answer_data[w] <= zeros[w] ? 0 : rdata_next_i[w];
      if (answered[w])
        case (answer.matrix)
          A: a_buffer[answer.buffer][i][j] <= answer_data[w];
          B: b_buffer[answer.buffer][i][j] <= answer_data[w];
          default:
            sums[answer.bank][sum_slot(i, j, answer.columns)][i % ROWS][j % COLUMNS] <= answer_data[w];
        endcase
    end
    if (answer_is_last && answer.matrix == B) ready[answer.buffer] <= 1;

    // ---- Compute ----
    operation[0].valid <= issues;
    if (ready[compute_buffer]) begin
      sum_at <= sum_at + 1;
      if (issues) begin
        for (int r = 0; r < ROWS; r++) begin
          a_operand[r] <= a_buffer[compute_buffer][int'(row_group) * ROWS + r][depth_at];
          operation[0].rows[r] <= int'(row_group) * ROWS + r < int'(current_tile.rows);
        end
        for (int c = 0; c < COLUMNS; c++) begin
          b_operand[c] <= b_buffer[compute_buffer][int'(column_group) * COLUMNS + c][depth_at];
          operation[0].columns[c] <= int'(column_group) * COLUMNS + c < int'(current_tile.columns);
        end
        operation[0].bank <= current.bank;
        operation[0].sum <= sum_at;
        operation[0].is_first <= current.first && depth_at == 0 && job.accumulate == 0;
        operation[0].is_last <= current.last && is_last_depth && is_last_sum;
        column_group <= column_group + 1;
        if (column_group + 1 == group_columns) begin
          column_group <= 0;
          row_group <= row_group + 1;
        end
      end
      if (is_turn_over) begin
        sum_at <= 0;
        row_group <= 0;
        column_group <= 0;
        depth_at <= depth_at + 1;
        if (is_last_depth) begin
          depth_at <= 0;
          ready[compute_buffer] <= 0;
          filling[compute_buffer] <= 0;
          compute_buffer <= !compute_buffer;
        end
      end
    end
    for (int i = 1; i < Latency; i++) operation[i] <= operation[i-1];
    if (operation[Latency-1].valid) begin
      for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++)
          sums[operation[Latency-1].bank][operation[Latency-1].sum][r][c] <= result[r][c];
      if (operation[Latency-1].is_last) is_computed[operation[Latency-1].bank] <= 1;
    end

    // ---- Drain ----
    if (!drains && is_computed[drain_bank]) begin
      drains <= 1;
      start[1][ROW] <= tile[drain_bank].row;
      start[1][COLUMN] <= tile[drain_bank].column;
      now[1][ROW] <= tile[drain_bank].row;
      now[1][COLUMN] <= tile[drain_bank].column;
      size[1][ROW] <= tile[drain_bank].rows;
      size[1][COLUMN] <= tile[drain_bank].columns;
    end
    if (goes && is_last && who) begin
      drains <= 0;
      is_computed[drain_bank] <= 0;
      taken[drain_bank] <= 0;
      drain_bank <= !drain_bank;
    end

    if (!rst_ni) begin
      state <= IDLE;
      queued <= 0;
      completed_o <= 0;
      taken <= 0;
      is_computed <= 0;
      filling <= 0;
      ready <= 0;
      load_buffer <= 0;
      load_bank <= 0;
      compute_buffer <= 0;
      drains <= 0;
      drain_bank <= 0;
      pending <= 0;
      zeros <= 0;
      target.last <= 0;
      answered <= 0;
      answer_is_last <= 0;
      depth_at <= 0;
      sum_at <= 0;
      row_group <= 0;
      column_group <= 0;
      for (int i = 0; i < 2; i++) begin
        inner_at[i] <= 0;
        outer_at[i] <= 0;
      end
      for (int i = 0; i < Latency; i++) operation[i].valid <= 0;
    end
  end
endmodule
