// An FPU that cores may share, as one object of the simulated chip: two FPnew with a port for
// requests, the pipeline (everything that takes one cycle) and the divider, each with a port for
// results. A tag says whose operation it was.
//
// One FPnew with all units, as in the package's `cv32e40p_fp_wrapper`, has one port for results, so
// that a quotient for one core holds up what the pipeline has for another. The core does not know
// late results: it writes one in the cycle after the request, and drops it if a load is written in
// the cycle in which it comes instead.
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

    // Results of the pipeline and of the divider.
    output logic [1:0]                       rvalid_o,
    output logic [1:0][                 3:0] rtag_o,
    output logic [1:0][                31:0] result_o,
    output logic [1:0][APU_NUSFLAGS_CPU-1:0] rflags_o,
    output logic                             busy_o
);

  typedef logic [3:0] tag_t;

  logic [ fpnew_pkg::FP_FORMAT_BITS-1:0] dst_fmt, src_fmt;
  logic [fpnew_pkg::INT_FORMAT_BITS-1:0] int_fmt;
  logic [        fpnew_pkg::OP_BITS-1:0] operation;
  logic [                      C_RM-1:0] rounding_mode;
  logic op_mod, vectorial;
  logic [1:0] gnt, busy;
  logic is_division;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) accepted_o <= 1'b0;
    else accepted_o <= req_i && gnt[is_division];
  end

  assign {vectorial, op_mod, operation} = op_i;
  assign {int_fmt, src_fmt, dst_fmt, rounding_mode} = flags_i;
  assign is_division = fpnew_pkg::get_opgroup(fpnew_pkg::operation_e'(operation)) ==
      fpnew_pkg::DIVSQRT;
  assign busy_o = |busy;

  // As in cv32e40p_fp_wrapper, formats in the order FP32, FP64, FP16, FP8, FP16ALT.
  localparam fpnew_pkg::fpu_features_t Features = '{
      Width: C_FLEN,
      EnableVectors: C_XFVEC,
      EnableNanBox: 1'b0,
      FpFmtMask: {C_RVF, C_RVD, C_XF16, C_XF8, C_XF16ALT},
      IntFmtMask: {C_XFVEC && C_XF8, C_XFVEC && (C_XF16 || C_XF16ALT), 1'b1, 1'b0}
  };
  localparam fpnew_pkg::opgrp_fmt_unsigned_t PipeRegs = '{
      '{FPU_ADDMUL_LAT, C_LAT_FP64, C_LAT_FP16, C_LAT_FP8, C_LAT_FP16ALT},  // ADDMUL
      '{default: C_LAT_DIVSQRT},
      '{default: FPU_OTHERS_LAT},  // NONCOMP
      '{default: FPU_OTHERS_LAT}  // CONV
  };
  localparam fpnew_pkg::fpu_implementation_t Implementations[2] = '{
      '{
          PipeRegs: PipeRegs,
          UnitTypes: '{
              '{default: fpnew_pkg::MERGED},  // ADDMUL
              '{default: fpnew_pkg::DISABLED},  // DIVSQRT
              '{default: fpnew_pkg::PARALLEL},  // NONCOMP
              '{default: fpnew_pkg::MERGED}  // CONV
          },
          PipeConfig: fpnew_pkg::AFTER
      },
      '{
          PipeRegs: PipeRegs,
          UnitTypes: '{
              '{default: fpnew_pkg::DISABLED},  // ADDMUL
              '{default: fpnew_pkg::MERGED},  // DIVSQRT
              '{default: fpnew_pkg::DISABLED},  // NONCOMP
              '{default: fpnew_pkg::DISABLED}  // CONV
          },
          PipeConfig: fpnew_pkg::AFTER
      }
  };

  for (genvar i = 0; i < 2; i++) begin : gen_units
    fpnew_top #(
        .Features      (Features),
        .Implementation(Implementations[i]),
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
        .in_valid_i    (req_i && is_division == (i == 1)),
        .in_ready_o    (gnt[i]),
        .flush_i       (1'b0),
        .result_o      (result_o[i]),
        .status_o      (rflags_o[i]),
        .tag_o         (rtag_o[i]),
        .out_valid_o   (rvalid_o[i]),
        .out_ready_i   (1'b1),
        .busy_o        (busy[i])
    );
  end
endmodule
