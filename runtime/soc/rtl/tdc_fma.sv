// Fused multiply-add in single precision: y = a * b + c, rounded once, to nearest even; subnormals
// kept; NaN is the canonical one. Three stages: multiply, align and add, normalise and round.
//
// All of it fits into 64 bits: the side with the smaller exponent is shifted right, and what it loses
// there is kept as one sticky bit. That is below what rounding looks at: where the two cancel so far
// that low bits matter nothing was lost, or the result is subnormal and rounded where the addend ends.
module tdc_fma (
    input  logic        clk_i,
    input  logic [2:0]  valid_i,  // per stage: it holds an operation
    input  logic [31:0] a_i,
    input  logic [31:0] b_i,
    input  logic [31:0] c_i,
    output logic [31:0] y_o       // three edges later
);
  typedef logic signed [10:0] exponent_t;
  localparam logic [31:0] CanonicalNan = 32'h7FC00000;
  localparam logic [30:0] Infinity = 31'h7F800000;

  function automatic logic [23:0] significand(logic [31:0] x);
    return {x[30:23] != 0, x[22:0]};
  endfunction
  function automatic exponent_t exponent(logic [31:0] x);
    return x[30:23] != 0 ? {3'b0, x[30:23]} : 11'sd1;
  endfunction
  function automatic logic is_nan(logic [31:0] x);
    return x[30:0] > Infinity;
  endfunction
  function automatic logic is_infinite(logic [31:0] x);
    return x[30:0] == Infinity;
  endfunction
  function automatic logic is_zero(logic [31:0] x);
    return x[30:0] == 0;
  endfunction
  // Bit 0 of the result is set if anything was shifted out.
  function automatic logic [63:0] shift_right_sticky(logic [63:0] x, exponent_t by);
    logic [63:0] shifted;
    if (by > 11'sd62) return {63'b0, x != 0};
    shifted = x >> by[5:0];
    return {shifted[63:1], shifted[0] | ((shifted << by[5:0]) != x)};
  endfunction

  // What a stage does is computed where it is stored, so that one without an operation costs nothing.

  // ---- Stage 1: product of the significands, distance of the exponents ----
  logic [47:0] product1;
  logic [23:0] addend1;
  exponent_t exponent1, distance1;  // of the product; of the addend from there
  logic product_sign1, addend_sign1, nan1, infinite1, infinite_sign1;
  always_ff @(posedge clk_i)
    if (valid_i[0]) begin
      automatic logic sign = a_i[31] ^ b_i[31];
      automatic logic is_nothing = is_zero(a_i) || is_zero(b_i);
      automatic logic is_endless = is_infinite(a_i) || is_infinite(b_i);
      // A product of zero is below every addend.
      automatic exponent_t product_exponent =
          is_nothing ? -11'sd200 : exponent(a_i) + exponent(b_i) - 11'sd127;
      product1 <= {24'b0, significand(a_i)} * {24'b0, significand(b_i)};
      addend1 <= significand(c_i);
      exponent1 <= product_exponent;
      distance1 <= exponent(c_i) - product_exponent;
      product_sign1 <= sign;
      addend_sign1 <= c_i[31];
      nan1 <= is_nan(a_i) || is_nan(b_i) || is_nan(c_i) || (is_endless && is_nothing) ||
          (is_endless && is_infinite(c_i) && sign != c_i[31]);
      infinite1 <= is_endless || is_infinite(c_i);
      infinite_sign1 <= is_endless ? sign : c_i[31];
    end

  // ---- Stage 2: align to the larger exponent, whose weight is that of bit 60, and add ----
  logic [63:0] sum2;
  exponent_t exponent2;
  logic sign2, nan2, infinite2, infinite_sign2;
  always_ff @(posedge clk_i)
    if (valid_i[1]) begin
      automatic logic addend_leads = distance1 > 0;
      automatic logic [63:0] product =
          shift_right_sticky({2'b0, product1, 14'b0}, addend_leads ? distance1 : 11'sd0);
      automatic logic [63:0] addend =
          shift_right_sticky({3'b0, addend1, 37'b0}, addend_leads ? 11'sd0 : -distance1);
      automatic logic subtracts = product_sign1 != addend_sign1;
      automatic logic addend_wins = product < addend;
      sum2 <= !subtracts ? product + addend : addend_wins ? addend - product : product - addend;
      exponent2 <= addend_leads ? exponent1 + distance1 : exponent1;
      // What cancels to nothing is +0.
      sign2 <= !subtracts ? product_sign1
          : product == addend ? 1'b0
          : addend_wins ? addend_sign1 : product_sign1;
      nan2 <= nan1;
      infinite2 <= infinite1;
      infinite_sign2 <= infinite_sign1;
    end

  // ---- Stage 3: the leading one to bit 63, or as far as subnormals allow; round at bit 39 ----
  always_ff @(posedge clk_i)
    if (valid_i[2]) begin
      automatic logic [63:0] fraction = sum2;
      automatic exponent_t biased = exponent2 + 11'sd3;
      automatic logic rounds_up;
      automatic logic [30:0] truncated;
      for (int i = 5; i >= 0; i--)
        if (fraction >> (64 - (1 << i)) == 0) begin
          fraction = fraction << (1 << i);
          biased = biased - (11'sd1 <<< i);
        end
      if (biased <= 0) fraction = shift_right_sticky(fraction, 11'sd1 - biased);
      truncated = {biased <= 0 ? 8'd0 : biased[7:0], fraction[62:40]};
      rounds_up = fraction[39] && (fraction[40] || fraction[38:0] != 0);
      y_o <= nan2 ? CanonicalNan
          : infinite2 ? {infinite_sign2, Infinity}
          : sum2 == 0 ? {sign2, 31'b0}
          : biased >= 11'sd255 ? {sign2, Infinity}
          // A carry goes on into the exponent, and from the largest number to infinity.
          : {sign2, truncated + {30'b0, rounds_up}};
    end
endmodule
