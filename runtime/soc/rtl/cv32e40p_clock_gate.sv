// The clock gate that the core's package leaves to the user. It passes the clock on: whether a core
// or an FPU needs its clock is decided outside the model, by not evaluating it.
module cv32e40p_clock_gate (
    input  logic clk_i,
    input  logic en_i,
    input  logic scan_cg_en_i,
    output logic clk_o
);
  assign clk_o = clk_i;
endmodule
