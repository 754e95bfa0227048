// Sections 17 to 19 of the manual: training, chips, data.

#include <doctest/doctest.h>

#include "rules.h"

namespace tdc::rules {
namespace {

// ---- training, chips ----

TEST_CASE("learn-1: one loss, one optimizer, a scalar, and every target is used") {
  const std::string plain =
      "net N(x: f32[2]) -> y: f32[2] { return Linear(x, 2) }\ntrain t of N {\n";
  CHECK(said(plain + "loss mean(y) optimizer sgd(lr: 0.1) }") == "");
  CHECK(said(plain + "optimizer sgd(lr: 0.1) }") == "train-without");
  CHECK(said(plain + "loss mean(y) }") == "train-without");
  CHECK(said(plain + "loss mean(y) loss sum(y) optimizer sgd(lr: 0.1) }") == "duplicate-clause");
  CHECK(said(plain + "loss y optimizer sgd(lr: 0.1) }") == "not-scalar");
  CHECK(said(plain + "target l: f32[2] loss mean(y) optimizer sgd(lr: 0.1) }") == "unused-target");
  CHECK(said(plain + "target l: f32[2] loss mse(y, l) optimizer sgd(lr: 0.1) }") == "");
}

TEST_CASE("learn-8: a metric is one scalar, or two of whose means it is the quotient") {
  const std::string plain =
      "net N(x: f32[2]) -> y: f32[2] { return Linear(x, 2) }\n"
      "train t of N { loss mean(y) optimizer sgd(lr: 0.1)\n";
  CHECK(said(plain + "metric mean(y) }") == "");
  CHECK(said(plain + "metric ratio = (mean(y), sum(y)) }") == "");
  CHECK(said(plain + "metric y = y }") == "not-metric");
  CHECK(said(plain + "metric ratio = (mean(y), y) }") == "not-metric");
  CHECK(said(plain + "metric ratio = (mean(y), sum(y), mean(y)) }") == "not-metric");
  CHECK(said(plain + "metric ratio = (mean(y), 1) }") == "not-metric");
}

TEST_CASE("learn-2: selection lines are added, all other clauses replaced") {
  const std::string base = training("freeze a.*\nbatch 2\nseed 5");
  const auto extended = [&](const std::string& lines) {
    return program(base + "train u extends t {\n" + lines + "\n}\n", "u");
  };
  const check::Program more = extended("freeze b.**\ntrain b.0.bias\nseed 6");
  CHECK(more.training->seed == 6);
  CHECK(more.training->batch == 2);
  CHECK(trained(more) == Texts{"b.0.bias"});
  CHECK(said(base + "train u extends t { seed 6 seed 7 }") == "duplicate-clause");
}

TEST_CASE("learn-3: a loss over labels of a sequence is one scalar") {
  const std::string sequence = "net N(x: f32[3, 4]) -> y: f32[3, 4] { return Linear(x, 4) }\n";
  CHECK(said(sequence + "train t of N { target l: class(4)[3] loss cross_entropy(y, l) "
                        "metric accuracy(y, l) optimizer sgd(lr: 0.1) }") == "");
  CHECK(said(sequence + "train t of N { target l: class(4)[2] loss cross_entropy(y, l) "
                        "optimizer sgd(lr: 0.1) }") != "");
}

TEST_CASE("learn-4: schedules and their numbers") {
  for (const char* schedule :
       {"constant", "constant(warmup: 5)", "linear(steps: 10, warmup: 5, final: 0.5)",
        "cosine(steps: 10)", "linear(steps: 10, final: 0)", "linear(steps: 10, final: 1)"})
    CHECK(said(training(std::string("schedule ") + schedule)) == "");
  CHECK(said(training("schedule step(steps: 10)")) == "unknown-word");
  CHECK(said(training("schedule cosine")) == "missing-argument");
  CHECK(said(training("schedule cosine(10)")) == "option-label");
  CHECK(said(training("schedule cosine(steps: 10, warmup: 10)")) == "option-range");
  CHECK(said(training("schedule cosine(steps: 10, final: 2)")) == "option-range");
  CHECK(said(training("schedule cosine(steps: 10, final: -0.5)")) == "option-range");
  CHECK(said(training("schedule constant(steps: 10)")) == "unknown-argument");
}

/// A net for a chip of these lines beside two memories.
std::string on_chip(const std::string& lines) {
  return net("return x") + "chip c {\n memory RAM, size: 64 KiB, code: 8 KiB, stack: 4 KiB\n" +
         " memory ROM, size: 1 MiB\n" + lines + "\n}\ndeploy d on c { }\n";
}

TEST_CASE("chip-1, chip-3: each clause once, levels by their names") {
  const std::string all = "cores 2 platform \"qemu_user\" tensors RAM constants ROM image ROM";
  CHECK(said(on_chip(all)) == "");
  CHECK(said(on_chip("platform \"qemu_user\" tensors RAM constants ROM image ROM")) ==
        "chip-without");
  CHECK(said(on_chip(all + " cores 2")) == "duplicate-clause");
  CHECK(said(on_chip("cores 17 platform \"qemu_user\" tensors RAM constants ROM image ROM")) ==
        "chip-clause");
  CHECK(said(on_chip("cores 0 platform \"qemu_user\" tensors RAM constants ROM image ROM")) ==
        "chip-clause");
  for (const char* word : {"tensors", "constants", "image"}) {
    std::string wrong = all;
    const size_t at = wrong.find(word) + std::string(word).size() + 1;
    wrong.replace(at, 3, "RUM");
    CHECK(said(on_chip(wrong)) == "unknown-level");
  }
}

TEST_CASE("chip-2: what a level holds and what is set aside") {
  const auto memory = [](const std::string& level) {
    return said(on_chip(
        "cores 2 platform \"qemu_user\" tensors RAM constants ROM image ROM memory " + level));
  };
  CHECK(memory("M, size: 8 KiB, code: 4 KiB, stack: 4 KiB") == "");
  CHECK(memory("M, size: 8 KiB, stack: 0") == "");
  CHECK(memory("M, size: 8 KiB, code: 5 KiB, stack: 4 KiB") == "chip-reserve");
  CHECK(memory("M, size: 8 KiB, stack: 4 KiB, main_stack: 4 KiB") == "");
  CHECK(memory("M, size: 8 KiB, stack: 4 KiB, main_stack: 5 KiB") == "chip-main-stack");
  CHECK(memory("M, size: 8 KiB, main_stack: 1 KiB") == "chip-main-stack");
  CHECK(memory("M, code: 4 KiB") == "chip-clause");
  CHECK(memory("M, size: 8000") == "byte-count");
  CHECK(memory("M, size: 8 ms") == "byte-count");
  CHECK(memory("M, size: 8 KiB, heap: 1 KiB") == "unknown-argument");
  CHECK(memory("RAM, size: 8 KiB") == "duplicate-name");
}

TEST_CASE("chip-4: a budget is at most what the level has") {
  const auto deployed = [](const std::string& clauses) {
    std::string text =
        on_chip("cores 2 platform \"qemu_user\" tensors RAM constants ROM image ROM");
    return said(text.replace(text.find("{ }"), 3, "{ " + clauses + " }"));
  };
  CHECK(deployed("budget RAM <= 64 KiB, ROM <= 1 KiB allow recompute") == "");
  CHECK(deployed("budget RAM <= 65 KiB") == "budget-capacity");
  CHECK(deployed("budget RUM <= 1 KiB") == "unknown-level");
  CHECK(deployed("allow everything") == "unknown-word");
}

TEST_CASE("chip-5: the name of a platform") {
  const auto platform = [](const std::string& name) {
    return said(on_chip("cores 2 platform \"" + name + "\" tensors RAM constants ROM image ROM"));
  };
  CHECK(platform("qemu_user") == "");
  for (const char* name : {"../host", "a b", "-a", ".a", "a/b", "a\\nb"}) {
    CAPTURE(name);
    CHECK(platform(name) == "platform-name");
  }
}

TEST_CASE("chip-6: a scratchpad is another level than that of tensors") {
  const auto scratchpad = [](const std::string& clause) {
    return said(
        on_chip("cores 2 platform \"qemu_user\" tensors RAM constants ROM image ROM "
                "memory NEAR, size: 8 KiB " +
                clause));
  };
  CHECK(scratchpad("scratchpad NEAR, transfer: 60, bandwidth: 8, load: 15") == "");
  CHECK(scratchpad("scratchpad NEAR, load: 15, transfer: 60, bandwidth: 8") == "");
  CHECK(scratchpad("scratchpad RAM, transfer: 60, bandwidth: 8, load: 15") == "scratchpad-tensors");
  CHECK(scratchpad("scratchpad FAR, transfer: 60, bandwidth: 8, load: 15") == "unknown-level");
  for (const char* wrong :
       {"NEAR", "NEAR, transfer: 60, bandwidth: 8", "transfer: 60, bandwidth: 8, load: 15",
        "NEAR, transfer: 60, bandwidth: 0, load: 15",
        "NEAR, transfer: 60, bandwidth: 8 KiB, load: 15",
        "NEAR, transfer: 60, bandwidth: 8, load: 15, load: 15",
        "NEAR, NEAR, transfer: 60, bandwidth: 8, load: 15"}) {
    CAPTURE(wrong);
    CHECK(scratchpad(std::string("scratchpad ") + wrong) == "chip-clause");
  }
}

TEST_CASE(
    "chip-7: weights are streamed to a scratchpad, from a memory that cores do not work with") {
  const auto stream = [](const std::string& clauses) {
    return said(
        on_chip("cores 2 platform \"qemu_user\" tensors RAM constants ROM image ROM "
                "memory NEAR, size: 8 KiB memory FAR, size: 1 MiB " +
                clauses));
  };
  const std::string scratchpad = "scratchpad NEAR, transfer: 60, bandwidth: 8, load: 15 ";
  CHECK(stream(scratchpad + "stream FAR, transfer: 160, bandwidth: 1") == "");
  CHECK(stream("stream FAR, bandwidth: 1, transfer: 160 " + scratchpad) == "");
  CHECK(stream("stream FAR, transfer: 160, bandwidth: 1") == "stream-without-scratchpad");
  for (const char* level : {"NEAR", "RAM", "ROM"}) {
    CAPTURE(level);
    CHECK(stream(scratchpad + "stream " + level + ", transfer: 160, bandwidth: 1") ==
          "stream-level");
  }
  CHECK(stream(scratchpad + "stream FURTHER, transfer: 160, bandwidth: 1") == "unknown-level");
  for (const char* wrong :
       {"FAR", "FAR, transfer: 160", "transfer: 160, bandwidth: 1",
        "FAR, transfer: 160, bandwidth: 0", "FAR, transfer: 160, bandwidth: 1, load: 15"}) {
    CAPTURE(wrong);
    CHECK(stream(scratchpad + "stream " + wrong) == "chip-clause");
  }
}

TEST_CASE("chip-8: a matrix engine works in a scratchpad") {
  const auto engine = [](const std::string& clauses) {
    return said(
        on_chip("cores 2 platform \"qemu_user\" tensors RAM constants ROM image ROM "
                "memory NEAR, size: 8 KiB " +
                clauses));
  };
  const std::string scratchpad = "scratchpad NEAR, transfer: 60, bandwidth: 8, load: 15 ";
  CHECK(engine(scratchpad + "engine rows: 6, columns: 8, blocks: 8, latency: 4, job: 150") == "");
  CHECK(engine("engine job: 150, rows: 6, latency: 4, columns: 8, blocks: 8 " + scratchpad) == "");
  CHECK(engine("engine rows: 6, columns: 8, blocks: 8, latency: 4, job: 150") ==
        "engine-without-scratchpad");
  for (const char* wrong :
       {"rows: 6, columns: 8, blocks: 8, latency: 4",
        "NEAR, rows: 6, columns: 8, blocks: 8, latency: 4, job: 150",
        "rows: 0, columns: 8, blocks: 8, latency: 4, job: 150", "rows: 6, rows: 8"}) {
    CAPTURE(wrong);
    CHECK(engine(scratchpad + "engine " + wrong) == "chip-clause");
  }
}

// ---- data ----

TEST_CASE("data-1: one block for a net, and where samples come from") {
  const auto data = [](const std::string& lines) {
    return said(net("return x") + "data d for N { " + lines + " }\n");
  };
  CHECK(data("train npz(\"a.npz\") test cifar10(\"folder\")") == "");
  CHECK(data("train idx(\"a\", \"b\")") == "");
  CHECK(data("train idx(\"a\")") == "data-line");
  CHECK(data("train csv(\"a\")") == "data-line");
  CHECK(data("train npz(\"a\") train npz(\"b\")") == "duplicate-clause");
  CHECK(data("} data e for N { ") == "duplicate-clause");
}

}  // namespace
}  // namespace tdc::rules
