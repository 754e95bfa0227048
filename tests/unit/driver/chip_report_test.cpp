#include "driver/chip_report.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "driver/profile.h"
#include "support/files.h"
#include "unit/temporary_folder.h"

namespace tdc::driver {
namespace {

/// Events of a core, in the order of runtime/soc/events.def.
std::string events(const std::vector<int64_t>& counts) {
  const std::vector<std::string> names = {
      "instructions",    "compressed",      "jumps",
      "branches",        "branches_taken",  "jump_register_stalls",
      "fetch_stalls",    "load_use_stalls", "writeback_stalls",
      "fpu_type_stalls", "fpu_contention",  "fpu_dependency",
      "fpu_writeback",   "bank_conflicts",  "l2_wait",
      "icache_wait",     "barrier_wait",    "job_wait",
      "dma_wait",        "engine_wait"};
  REQUIRE(counts.size() == names.size());
  std::string text = "{";
  for (size_t i = 0; i < names.size(); ++i)
    text += fmt::format("{}\"{}\": {}", i == 0 ? "" : ", ", names[i], counts[i]);
  return text + "}";
}

const std::vector<int64_t> kFirst = {4000, 90, 10, 300, 200, 5, 70,  20, 80,   1,
                                     50,   2,  3,  40,  60,  7, 100, 0,  1000, 30};
const std::vector<int64_t> kSecond(20, 0);

/// `engine` and `of_step` are more members of the report and of its step.
std::string report_of_two_cores(const std::string& engine = "", const std::string& of_step = "") {
  return fmt::format(R"({{"status": 108, "fault": "cycle limit: after 10000 cycles",
    "cycles": 10000, "peak_flop_per_cycle": 2, "host_seconds": 0.5,
    "parameters": {{"cores": 2, "cores_per_fpu": 2, "l2_cycles": 15}},
    "changed_parameters": ["cores"], "cores": [{0}, {1}],
    "dma": {{"transfers": 1, "bytes": 4, "busy_cycles": 20}}, {2}"icache": [],
    "steps": [{{"step": 3, "visits": 2, "cycles": 900, "dma_in_bytes": 640, "dma_out_bytes": 32,
               {3}"events": {0}}}]}})",
                     events(kFirst), events(kSecond), engine, of_step);
}

ChipReport read(const std::string& text) {
  const TemporaryFolder folder;
  REQUIRE(write_file_atomically(folder / "report.json", text).ok());
  const Result<ChipReport> report = read_chip_report(folder / "report.json");
  REQUIRE(report.ok());
  return report.value();
}

TEST_CASE("chip report: everything that is used of it is read") {
  const ChipReport report = read(report_of_two_cores());
  CHECK(report.status == 108);
  CHECK(report.fault == "cycle limit: after 10000 cycles");
  CHECK(report.cycles == 10000);
  CHECK(report.peak_flop_per_cycle == 2);
  CHECK(report.parameters ==
        std::map<std::string, int64_t>{{"cores", 2}, {"cores_per_fpu", 2}, {"l2_cycles", 15}});
  CHECK(report.changed_parameters == std::vector<std::string>{"cores"});
  CHECK(report.dma.transfers == 1);
  CHECK(report.dma.busy_cycles == 20);
  REQUIRE(report.cores.size() == 2);
  CHECK(report.cores[0].at("dma_wait") == 1000);
  CHECK(report.cores[1].at("dma_wait") == 0);
  REQUIRE(report.steps.size() == 1);
  CHECK(report.steps.at(3).calls == 2);
  CHECK(report.steps.at(3).cycles == 900);
  CHECK(report.steps.at(3).dma_in_bytes == 640);
  CHECK(report.steps.at(3).dma_out_bytes == 32);
  CHECK(report.steps.at(3).events == report.cores[0]);
  CHECK_FALSE(read_chip_report("/no/such/file").ok());
}

TEST_CASE("chip report: what a core's cycles went into") {
  const ChipReport report = read(report_of_two_cores());
  std::map<std::string_view, int64_t> cycles;
  for (const CycleUse& use : cycle_uses(report)) cycles[use.name] = cycles_of(use, report.cores[0]);
  // 1 + 2 + 3 of the FPU's latencies; 2 x 200 taken, 10 jumps, 5 waiting for a register.
  CHECK(cycles == std::map<std::string_view, int64_t>{{"instructions", 4000},
                                                      {"FPU contention", 50},
                                                      {"FPU results", 6},
                                                      {"bank conflicts", 40},
                                                      {"load-use", 20},
                                                      {"branches", 415},
                                                      {"I-cache", 7},
                                                      {"L2 accesses", 60},
                                                      {"barriers", 100},
                                                      {"DMA", 1000},
                                                      {"without a job", 0}});
}

TEST_CASE("chip report: the text names the peak, every core, and what is not standard") {
  const std::string text = chip_text(read(report_of_two_cores()), 8000, 4000);
  CHECK(
      text.starts_with("the chip: 8,000 cycles in the model, 10,000 with start-up and messages\n"
                       "  0.50 FLOP/cycle of a peak of 2 (1 shared FPU)\n"));
  CHECK(text.find("  core                        0            1     of all\n"
                  "  instructions            4,000            0     20.0 %\n") !=
        std::string::npos);
  CHECK(text.find("  DMA                     1,000            0      5.0 %\n") !=
        std::string::npos);
  CHECK(text.find("\n  parameters cores=2 (changed) cores_per_fpu=2 l2_cycles=15\n") !=
        std::string::npos);
}

TEST_CASE("chip report: the peak is that of the FPUs there are") {
  ChipReport report = read(report_of_two_cores());
  report.peak_flop_per_cycle = 8;
  CHECK(peak_text(report) == "8 (4 shared FPUs)");
  report.peak_flop_per_cycle = 16;
  report.parameters["cores_per_fpu"] = 1;
  CHECK(peak_text(report) == "16 (8 private FPUs)");
}

TEST_CASE(
    "chip report: a matrix engine has a part of the peak, a line, and cores that wait for it") {
  const ChipReport report = read(report_of_two_cores(
      R"("engine": {"jobs": 12, "busy_cycles": 3456, "flop": 9, "peak_flop_per_cycle": 96}, )",
      R"("engine_cycles": 700, )"));
  REQUIRE(report.engine);
  CHECK(report.engine->jobs == 12);
  CHECK(report.engine->busy_cycles == 3456);
  CHECK(report.steps.at(3).engine_cycles == 700);
  ChipReport of_chip = report;
  of_chip.peak_flop_per_cycle = 104;
  CHECK(peak_text(of_chip) == "104 (4 shared FPUs, 8, and the matrix engine, 96)");
  CHECK(chip_text(report, 8000, 4000)
            .find("  the matrix engine was busy for 3,456 cycles with 12 jobs\n") !=
        std::string::npos);
  const std::vector<CycleUse> uses = cycle_uses(report);
  CHECK(uses.back().name == "matrix engine");
  CHECK(cycles_of(uses.back(), report.cores[0]) == 30);
  const std::string profile = profile_text(
      {{.step = 3, .op = "matmul", .name = "fc", .flop = 9000, .measured = report.steps.at(3)}},
      report);
  CHECK(profile.find("     planned   engine    instr") != std::string::npos);
  CHECK(profile.find("           0   77.8 %  222.2 %") != std::string::npos);
  // 100 + 0 + 1000 + 30 cycles of core 0 asleep, of 10,000.
  CHECK(
      profile.ends_with("  agent                            busy                   idle\n"
                        "  core 0                 8,870   88.7 %         1,130   11.3 %\n"
                        "  core 1                10,000  100.0 %             0    0.0 %\n"
                        "  matrix engine          3,456   34.6 %         6,544   65.4 %\n"
                        "  DMA                       20    0.2 %         9,980   99.8 %\n"));
}

TEST_CASE("chip report: parameters that 100 columns do not hold go on in the next line") {
  ChipReport report = read(report_of_two_cores());
  report.parameters = {{"cores_per_fpu", 2}};
  for (int i = 10; i < 24; ++i) report.parameters[fmt::format("parameter_{}", i)] = i;
  const std::string text = chip_text(report, 8000, 4000);
  // Each takes 16 columns with its space: 5 go behind the word of 12, 6 behind an indentation.
  CHECK(text.find("\n  parameters cores_per_fpu=2 parameter_10=10 ") != std::string::npos);
  CHECK(text.find(" parameter_13=13\n    parameter_14=14 ") != std::string::npos);
  CHECK(text.find(" parameter_19=19\n    parameter_20=20 ") != std::string::npos);
}

TEST_CASE("chip report: more than eight cores are shown eight at a time") {
  ChipReport report = read(report_of_two_cores());
  report.cores.resize(16, report.cores[1]);
  const std::string text = chip_text(report, 8000, 4000);
  CHECK(text.find("           7     of all\n") != std::string::npos);
  CHECK(text.find("  core                        8            9") != std::string::npos);
  CHECK(text.find("          15     of all\n") != std::string::npos);
}

}  // namespace
}  // namespace tdc::driver
