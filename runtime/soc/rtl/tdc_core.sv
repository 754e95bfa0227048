// One CV32E40P with the registers of its bus responses, as one object of the simulated chip.
//
// Everything is exchanged at the rising clock edge: the surrounding C++ reads the requests that the
// core makes in cycle t, decides, and hands over with the edge that ends cycle t
//   - the grants of cycle t (`*_gnt_i`), and
//   - the responses that the core sees in cycle t + 1 (`*_rvalid_next_i`, `*_rdata_next_i`).
// With the response registers on this side of the boundary one evaluation a cycle is enough.
module tdc_core
  import cv32e40p_apu_core_pkg::*;
#(
    parameter FPU_ADDMUL_LAT = 1,
    parameter FPU_OTHERS_LAT = 1
) (
    input logic clk_i,
    input logic rst_ni,
    input logic [31:0] boot_addr_i,
    input logic [31:0] mtvec_addr_i,
    input logic [31:0] hart_id_i,

    output logic        instr_req_o,
    output logic [31:0] instr_addr_o,
    input  logic        instr_gnt_i,
    input  logic        instr_rvalid_next_i,
    input  logic [31:0] instr_rdata_next_i,

    output logic        data_req_o,
    output logic        data_we_o,
    output logic [ 3:0] data_be_o,
    output logic [31:0] data_addr_o,
    output logic [31:0] data_wdata_o,
    input  logic        data_gnt_i,
    input  logic        data_rvalid_next_i,
    input  logic [31:0] data_rdata_next_i,

    output logic                              apu_req_o,
    output logic [   APU_NARGS_CPU-1:0][31:0] apu_operands_o,
    output logic [     APU_WOP_CPU-1:0]       apu_op_o,
    output logic [APU_NDSFLAGS_CPU-1:0]       apu_flags_o,
    input  logic                              apu_gnt_i,
    input  logic                              apu_rvalid_next_i,
    input  logic [                31:0]       apu_result_next_i,
    input  logic [APU_NUSFLAGS_CPU-1:0]       apu_flags_next_i,

    // What happened in the cycle that the last edge began; see `CoreEvent` in core.h for the bits.
    output logic [15:0] events_o,
    // The instruction in the execute stage, which is the one that makes a data request.
    output logic [31:0] execute_pc_o,
    // The instruction in the decode stage, which is the one that raises an exception.
    output logic [31:0] decode_pc_o,
    output logic [31:0] stack_pointer_o,
    output logic [31:0] return_address_o,
    // Set for the cycle in which a trap is entered, with its cause as in `mcause`.
    output logic        trap_o,
    output logic [ 5:0] trap_cause_o,
    // The access in the execute stage is not aligned to its size.
    output logic        data_misaligned_o
);

  logic instr_rvalid, data_rvalid, apu_rvalid;
  logic [31:0] instr_rdata, data_rdata, apu_result;
  logic [APU_NUSFLAGS_CPU-1:0] apu_flags;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      instr_rvalid <= 1'b0;
      data_rvalid  <= 1'b0;
      apu_rvalid   <= 1'b0;
    end else begin
      instr_rvalid <= instr_rvalid_next_i;
      data_rvalid  <= data_rvalid_next_i;
      apu_rvalid   <= apu_rvalid_next_i;
    end
  end

  always_ff @(posedge clk_i) begin
    instr_rdata <= instr_rdata_next_i;
    data_rdata  <= data_rdata_next_i;
    apu_result  <= apu_result_next_i;
    apu_flags   <= apu_flags_next_i;
    if (core_i.id_valid && core_i.is_decoding) execute_pc_o <= core_i.pc_id;
  end

  cv32e40p_core #(
      .COREV_PULP    (1),
      .COREV_CLUSTER (0),
      .FPU           (1),
      .FPU_ADDMUL_LAT(FPU_ADDMUL_LAT),
      .FPU_OTHERS_LAT(FPU_OTHERS_LAT),
      .ZFINX         (0)
  ) core_i (
      .clk_i,
      .rst_ni,
      .pulp_clock_en_i    (1'b1),
      .scan_cg_en_i       (1'b0),
      .boot_addr_i,
      .mtvec_addr_i,
      .dm_halt_addr_i     (32'h0),
      .hart_id_i,
      .dm_exception_addr_i(32'h0),
      .instr_req_o,
      .instr_gnt_i,
      .instr_rvalid_i     (instr_rvalid),
      .instr_addr_o,
      .instr_rdata_i      (instr_rdata),
      .data_req_o,
      .data_gnt_i,
      .data_rvalid_i      (data_rvalid),
      .data_we_o,
      .data_be_o,
      .data_addr_o,
      .data_wdata_o,
      .data_rdata_i       (data_rdata),
      .apu_busy_o         (),
      .apu_req_o,
      .apu_gnt_i,
      .apu_operands_o,
      .apu_op_o,
      .apu_flags_o,
      .apu_rvalid_i       (apu_rvalid),
      .apu_result_i       (apu_result),
      .apu_flags_i        (apu_flags),
      .irq_i              (32'h0),
      .irq_ack_o          (),
      .irq_id_o           (),
      .debug_req_i        (1'b0),
      .debug_havereset_o  (),
      .debug_running_o    (),
      .debug_halted_o     (),
      .fetch_enable_i     (1'b1),
      .core_sleep_o       ()
  );

  assign events_o = {
    4'b0,
    core_i.perf_apu_wb,
    core_i.perf_apu_dep,
    core_i.perf_apu_type,
    core_i.mhpmevent_pipe_stall,
    core_i.mhpmevent_ld_stall,
    core_i.mhpmevent_imiss,
    core_i.mhpmevent_jr_stall,
    core_i.mhpmevent_branch_taken,
    core_i.mhpmevent_branch,
    core_i.mhpmevent_jump,
    core_i.mhpmevent_compressed,
    core_i.mhpmevent_minstret
  };
  assign decode_pc_o = core_i.pc_id;
  assign stack_pointer_o = core_i.id_stage_i.register_file_i.mem[2];
  assign return_address_o = core_i.id_stage_i.register_file_i.mem[1];
  assign trap_o = core_i.csr_save_cause;
  assign trap_cause_o = core_i.csr_cause;
  assign data_misaligned_o = data_req_o &&
      ((core_i.data_type_ex == 2'b00 && data_addr_o[1:0] != 2'b00) ||
       (core_i.data_type_ex == 2'b01 && data_addr_o[0]));
endmodule
