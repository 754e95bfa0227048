#include "driver/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

namespace tdc::driver {

int terminal_columns() {
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize size = {};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                         : kDefaultColumns;
}

}  // namespace tdc::driver
