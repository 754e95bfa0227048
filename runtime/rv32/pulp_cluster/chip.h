/* The memory map and the registers of the simulated chip, for its programs and for the simulator.
 *
 * Registers are 32 bits wide and private to the core that reads or writes them where it says so.
 * "Sleeps" marks a load whose answer is withheld: the core stops until the event and costs nothing.
 */
#ifndef TD_PULP_CLUSTER_CHIP_H
#define TD_PULP_CLUSTER_CHIP_H

#define TD_CHIP_L1 0x10000000u
#define TD_CHIP_REGISTERS 0x10200000u
#define TD_CHIP_REGISTERS_BYTES 0x1000u
#define TD_CHIP_L2 0x1C000000u /* the reset vector is its first byte */
#define TD_CHIP_L3 0x80000000u /* DMA and host port only */

/* Event unit */
#define TD_CHIP_CORES 0x000u   /* load: number of cores */
#define TD_CHIP_BARRIER 0x004u /* load: sleeps until every core has loaded it */
#define TD_CHIP_JOB                                                             \
  0x008u /* store: hands a job to all other cores; load: sleeps until one comes \
          */
#define TD_CHIP_JOB_ARGUMENT 0x00Cu /* store it before the job; load it after */

/* DMA; the first six are private to the core and keep their values */
#define TD_CHIP_DMA_TO 0x100u
#define TD_CHIP_DMA_FROM 0x104u
#define TD_CHIP_DMA_ROW_BYTES 0x108u
#define TD_CHIP_DMA_ROWS 0x10Cu
#define TD_CHIP_DMA_TO_STRIDE 0x110u
#define TD_CHIP_DMA_FROM_STRIDE 0x114u
#define TD_CHIP_DMA_START \
  0x118u /* load: enqueues, returns the ticket; stalls while the queue is full */
#define TD_CHIP_DMA_TICKET \
  0x11Cu /* store: the ticket that the next load of DMA_WAIT means; private */
#define TD_CHIP_DMA_WAIT 0x120u /* load: sleeps until that transfer is complete */
#define TD_CHIP_DMA_WAIT_ALL \
  0x124u /* load: sleeps until all transfers started so far are complete */

/* Matrix engine, on chips that have one; JOB and TICKET are private to the core */
#define TD_CHIP_ENGINE_JOB 0x180u /* store: the address of a `td_engine_job` in L1 */
#define TD_CHIP_ENGINE_START \
  0x184u /* load: reads the job, queues it, returns the ticket; stalls while the queue is full */
#define TD_CHIP_ENGINE_TICKET 0x188u /* store: the ticket that the next load of ENGINE_WAIT means \
                                      */
#define TD_CHIP_ENGINE_WAIT 0x18Cu   /* load: sleeps until that job is complete */

/* Host port; ADDRESS is private to the core */
#define TD_CHIP_HOST_ADDRESS 0x200u
#define TD_CHIP_HOST_READ \
  0x204u /* store: byte count, reads standard input to ADDRESS; load: bytes read */
#define TD_CHIP_HOST_WRITE \
  0x208u /* store: byte count, writes them from ADDRESS to standard output */
#define TD_CHIP_HOST_EXIT 0x20Cu    /* store: ends the run with this status */
#define TD_CHIP_HOST_CONSOLE 0x210u /* store: one character to standard error */
#define TD_CHIP_HOST_MARK 0x214u    /* store: a step of the model begins, or its transfers do */
#define TD_CHIP_MARKS_TRANSFERS 0x80000000u /* set in what is stored there: its transfers do */

/* Counters */
#define TD_CHIP_CYCLES_LOW \
  0x300u /* load: also keeps the high half for this core's next load of CYCLES_HIGH */
#define TD_CHIP_CYCLES_HIGH 0x304u
#define TD_CHIP_EVENTS 0x400u /* + 4 * event: this core's count so far, events as in the report */

#endif
