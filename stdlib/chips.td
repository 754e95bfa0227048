// Chips that programs can be deployed on. A board of your own is a `chip` in your own file.
tdl 1

/// Eight RV32IMFC cores at one scratchpad, with a larger memory beside it and a third behind DMA.
/// Programs, weights and tensors lie in L2. Cores work in L1, where operands are brought by DMA, piece by piece where they do not fit;
/// it holds their stacks and the constants of kernels, too. Weights that do not fit L2 lie in L3 and are brought from there.
chip pulp_cluster {
  cores      8
  platform   "pulp_cluster"
  memory     L1, size: 128 KiB, code: 1 KiB, stack: 24 KiB, main_stack: 4 KiB
  memory     L2, size: 2 MiB, code: 128 KiB
  memory     L3, size: 32 MiB
  tensors    L2
  constants  L2
  image      L3
  scratchpad L1, transfer: 60, bandwidth: 8, row: 1, load: 15
  stream     L3, transfer: 160, bandwidth: 1, row: 22
}

/// `pulp_cluster` with a matrix engine at its scratchpad: 48 units, 96 operations a cycle, the cores' 8 beside them.
chip pulp_cluster_engine {
  cores      8
  platform   "pulp_cluster"
  memory     L1, size: 128 KiB, code: 1 KiB, stack: 24 KiB, main_stack: 4 KiB
  memory     L2, size: 2 MiB, code: 136 KiB
  memory     L3, size: 32 MiB
  tensors    L2
  constants  L2
  image      L3
  scratchpad L1, transfer: 60, bandwidth: 8, row: 1, load: 15
  stream     L3, transfer: 160, bandwidth: 1, row: 22
  engine     rows: 6, columns: 8, blocks: 8, latency: 4, job: 150
}

/// A microcontroller with one core, 256 KiB of RAM and flash for code and constants.
chip mcu_256k {
  cores      1
  platform   "qemu_user"
  memory     RAM, size: 256 KiB, stack: 16 KiB
  memory     FLASH, size: 1 MiB, code: 128 KiB
  tensors    RAM
  constants  FLASH
  image      FLASH
}
