#pragma once

namespace tdc::driver {

/// The width of a drawing where there is no terminal.
inline constexpr int kDefaultColumns = 80;

/// Columns of the terminal at standard error; 0 if there is none.
int terminal_columns();

}  // namespace tdc::driver
