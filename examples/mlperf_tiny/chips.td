// The chip for nets of many layers.
tdl 1

/// `pulp_cluster` with more of L2 set aside for code: dozens of convolutions, each with a batch norm, are more steps than 128 KiB hold.
chip pulp_cluster_for_code {
  cores      8
  platform   "pulp_cluster"
  memory     L1, size: 128 KiB, code: 1 KiB, stack: 24 KiB, main_stack: 4 KiB
  memory     L2, size: 2 MiB, code: 176 KiB
  memory     L3, size: 32 MiB
  tensors    L2
  constants  L2
  image      L3
  scratchpad L1, transfer: 60, bandwidth: 8, row: 1, load: 15
  stream     L3, transfer: 160, bandwidth: 1, row: 22
}
