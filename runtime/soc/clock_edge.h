#pragma once

namespace tdc::soc {

/// Gives a Verilated model a rising edge of `clk_i`. Nothing in the models looks at the falling
/// edge, so it is not worth half of the simulation time: the clock is lowered where the model
/// remembers it. Another version of Verilator may call that place otherwise and gets the falling
/// edge.
/// `reset_model` comes before, once.
template <typename Model>
void raise_clock(Model& model) {
  auto* root = model.rootp;
  if constexpr (requires { root->__Vtrigrprev__TOP__clk_i; }) {
    root->__Vtrigrprev__TOP__clk_i = 0;
  } else {
    model.clk_i = 0;
    model.eval();
  }
  model.clk_i = 1;
  model.eval();
}

/// Holds a new model in reset for one edge.
template <typename Model>
void reset_model(Model& model) {
  // The first evaluation only learns what the clock is.
  model.clk_i = 0;
  model.rst_ni = 0;
  model.eval();
  raise_clock(model);
  model.rst_ni = 1;
}

}  // namespace tdc::soc
