// The matrix engine of a board without one, as functions of a shared object. A platform that is
// linked with them has its own.
#include "td_engine.h"

td_engine_ticket td_engine_start(const td_engine_job* job) {
  td_engine_compute(job);
  return 0;
}

void td_engine_wait(td_engine_ticket ticket) {
  (void)ticket;
}
