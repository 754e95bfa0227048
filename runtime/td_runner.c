#include "td_runner.h"

#include "td_platform.h"

_Static_assert(sizeof(td_runner_sizes) == 8 * sizeof(uint32_t), "sent as it lies in memory");
_Static_assert(sizeof(float) == sizeof(uint32_t), "f32 is four bytes");

/* Fills `data`; false if the host hung up. */
static int receive(void* data, uint32_t bytes) {
  return td_read(data, bytes) == bytes;
}

/* Takes `bytes` bytes that nobody wants. */
static int skip(uint32_t bytes) {
  uint8_t chunk[64];
  while (bytes > 0) {
    const uint32_t count = bytes < sizeof chunk ? bytes : (uint32_t)sizeof chunk;
    if (!receive(chunk, count)) return 0;
    bytes -= count;
  }
  return 1;
}

static void send_status(uint32_t status) {
  td_write(&status, sizeof status);
}

/* The status of a function's result, and with TD_RUNNER_OK the loss after it. */
static void send_loss(uint32_t status, float loss) {
  send_status(status);
  if (status == TD_RUNNER_OK) td_write(&loss, sizeof loss);
}

static void send_hello(const td_runner_model* model, uint32_t status) {
  const uint32_t head[3] = {TD_RUNNER_MAGIC, TD_RUNNER_VERSION, status};
  td_write(head, sizeof head);
  td_write(&model->sizes, sizeof model->sizes);
}

static void send_variable(const td_runner_model* model, uint32_t index) {
  if (index >= model->sizes.variables) {
    send_status(TD_RUNNER_NO_VARIABLE);
    return;
  }
  const td_runner_variable variable = model->variable(index);
  const uint32_t head[2] = {TD_RUNNER_OK, variable.elements};
  td_write(head, sizeof head);
  td_write(variable.value, variable.elements * sizeof(float));
}

/* False if the host hung up. The elements are taken from the stream whatever the answer is. */
static int receive_variable(const td_runner_model* model, uint32_t index, uint32_t elements) {
  const uint32_t bytes = elements * (uint32_t)sizeof(float);
  uint32_t status = TD_RUNNER_NO_VARIABLE;
  if (index < model->sizes.variables) {
    const td_runner_variable variable = model->variable(index);
    if (variable.elements == elements) {
      if (variable.live != 0) {
        if (!receive(variable.live, bytes)) return 0;
        send_status(TD_RUNNER_OK);
        return 1;
      }
      status = TD_RUNNER_FROZEN;
    }
  }
  if (!skip(bytes)) return 0;
  send_status(status);
  return 1;
}

int td_runner(const td_runner_model* model) {
  const td_runner_sizes* sizes = &model->sizes;
  uint64_t model_cycles = 0;
  send_hello(model, model->init());
  for (;;) {
    uint32_t operation;
    const size_t bytes = td_read(&operation, sizeof operation);
    if (bytes == 0) return TD_RUNNER_EXIT_OK;
    if (bytes < sizeof operation) return TD_RUNNER_EXIT_PROTOCOL;
    switch (operation) {
      case TD_RUNNER_TRAIN: {
        if (!receive(model->input, sizes->train_input_bytes)) return TD_RUNNER_EXIT_PROTOCOL;
        float loss = 0;
        uint32_t status = TD_RUNNER_NO_FUNCTION;
        const uint64_t begin = td_cycles();
        if (model->train_step != 0) status = model->train_step(model->input, &loss);
        model_cycles += td_cycles() - begin;
        send_loss(status, loss);
        break;
      }
      case TD_RUNNER_FLUSH: {
        uint32_t status = TD_RUNNER_NO_FUNCTION;
        const uint64_t begin = td_cycles();
        if (model->flush != 0) status = model->flush();
        model_cycles += td_cycles() - begin;
        send_status(status);
        break;
      }
      case TD_RUNNER_EVAL: {
        if (!receive(model->input, sizes->eval_input_bytes)) return TD_RUNNER_EXIT_PROTOCOL;
        float loss = 0;
        uint32_t status = TD_RUNNER_NO_FUNCTION;
        const uint64_t begin = td_cycles();
        if (model->eval != 0) status = model->eval(model->input, &loss, model->metrics);
        model_cycles += td_cycles() - begin;
        send_loss(status, loss);
        if (status == TD_RUNNER_OK) td_write(model->metrics, sizes->metrics * sizeof(float));
        break;
      }
      case TD_RUNNER_INFER: {
        if (!receive(model->input, sizes->infer_input_bytes)) return TD_RUNNER_EXIT_PROTOCOL;
        uint32_t status = TD_RUNNER_NO_FUNCTION;
        const uint64_t begin = td_cycles();
        if (model->infer != 0) status = model->infer(model->input, model->results);
        model_cycles += td_cycles() - begin;
        send_status(status);
        if (status == TD_RUNNER_OK) td_write(model->results, sizes->result_bytes);
        break;
      }
      case TD_RUNNER_READ: {
        uint32_t index;
        if (!receive(&index, sizeof index)) return TD_RUNNER_EXIT_PROTOCOL;
        send_variable(model, index);
        break;
      }
      case TD_RUNNER_WRITE: {
        uint32_t head[2];
        if (!receive(head, sizeof head)) return TD_RUNNER_EXIT_PROTOCOL;
        if (!receive_variable(model, head[0], head[1])) return TD_RUNNER_EXIT_PROTOCOL;
        break;
      }
      case TD_RUNNER_CYCLES:
        send_status(TD_RUNNER_OK);
        td_write(&model_cycles, sizeof model_cycles);
        break;
      case TD_RUNNER_STOP:
        send_status(TD_RUNNER_OK);
        return TD_RUNNER_EXIT_OK;
      default:
        return TD_RUNNER_EXIT_PROTOCOL;
    }
  }
}
