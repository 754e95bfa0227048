// One FPnew as one object of the simulated chip: the package's `cv32e40p_fp_wrapper` with a tag.
// The tag says whose operation it is: with a division in flight results leave out of order, and
// two cores may share the unit.
module tdc_fpu
  import cv32e40p_apu_core_pkg::*;
  import cv32e40p_pkg::*;
#(
    parameter FPU_ADDMUL_LAT = 1,
    parameter FPU_OTHERS_LAT = 1
) (
    input logic clk_i,
    input logic rst_ni,

    input  logic                              req_i,
    input  logic [                 3:0]       tag_i,
    input  logic [   APU_NARGS_CPU-1:0][31:0] operands_i,
    input  logic [     APU_WOP_CPU-1:0]       op_i,
    input  logic [APU_NDSFLAGS_CPU-1:0]       flags_i,
    // Whether the operation of the cycle that ended with the last edge was taken.
    output logic                              accepted_o,

    output logic                        rvalid_o,
    output logic [                 3:0] rtag_o,
    output logic [                31:0] result_o,
    output logic [APU_NUSFLAGS_CPU-1:0] rflags_o,
    output logic                        busy_o
);

  typedef logic [3:0] tag_t;

  logic [ fpnew_pkg::FP_FORMAT_BITS-1:0] dst_fmt, src_fmt;
  logic [fpnew_pkg::INT_FORMAT_BITS-1:0] int_fmt;
  logic [        fpnew_pkg::OP_BITS-1:0] operation;
  logic [                      C_RM-1:0] rounding_mode;
  logic op_mod, vectorial;
  logic gnt;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) accepted_o <= 1'b0;
    else accepted_o <= req_i && gnt;
  end

  assign {vectorial, op_mod, operation} = op_i;
  assign {int_fmt, src_fmt, dst_fmt, rounding_mode} = flags_i;

  // As in cv32e40p_fp_wrapper, formats in the order FP32, FP64, FP16, FP8, FP16ALT.
  localparam fpnew_pkg::fpu_features_t Features = '{
      Width: C_FLEN,
      EnableVectors: C_XFVEC,
      EnableNanBox: 1'b0,
      FpFmtMask: {C_RVF, C_RVD, C_XF16, C_XF8, C_XF16ALT},
      IntFmtMask: {C_XFVEC && C_XF8, C_XFVEC && (C_XF16 || C_XF16ALT), 1'b1, 1'b0}
  };
  localparam fpnew_pkg::fpu_implementation_t Implementation = '{
      PipeRegs: '{
          '{FPU_ADDMUL_LAT, C_LAT_FP64, C_LAT_FP16, C_LAT_FP8, C_LAT_FP16ALT},  // ADDMUL
          '{default: C_LAT_DIVSQRT},
          '{default: FPU_OTHERS_LAT},  // NONCOMP
          '{default: FPU_OTHERS_LAT}  // CONV
      },
      UnitTypes: '{
          '{default: fpnew_pkg::MERGED},  // ADDMUL
          '{default: fpnew_pkg::MERGED},  // DIVSQRT
          '{default: fpnew_pkg::PARALLEL},  // NONCOMP
          '{default: fpnew_pkg::MERGED}  // CONV
      },
      PipeConfig: fpnew_pkg::AFTER
  };

  fpnew_top #(
      .Features      (Features),
      .Implementation(Implementation),
      .PulpDivsqrt   (1'b0),
      .TagType       (tag_t)
  ) fpnew_i (
      .clk_i,
      .rst_ni,
      .operands_i,
      .rnd_mode_i    (fpnew_pkg::roundmode_e'(rounding_mode)),
      .op_i          (fpnew_pkg::operation_e'(operation)),
      .op_mod_i      (op_mod),
      .src_fmt_i     (fpnew_pkg::fp_format_e'(src_fmt)),
      .dst_fmt_i     (fpnew_pkg::fp_format_e'(dst_fmt)),
      .int_fmt_i     (fpnew_pkg::int_format_e'(int_fmt)),
      .vectorial_op_i(vectorial),
      .tag_i,
      .simd_mask_i   (1'b0),
      .in_valid_i    (req_i),
      .in_ready_o    (gnt),
      .flush_i       (1'b0),
      .result_o,
      .status_o      (rflags_o),
      .tag_o         (rtag_o),
      .out_valid_o   (rvalid_o),
      .out_ready_i   (1'b1),
      .busy_o
  );
endmodule
