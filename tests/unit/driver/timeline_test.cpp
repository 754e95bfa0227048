#include "driver/timeline.h"

#include <doctest/doctest.h>

#include "driver/chip_timeline.h"
#include "support/files.h"
#include "unit/temporary_folder.h"

namespace tdc::driver {
namespace {

ChipTimeline read(const std::string& text) {
  const TemporaryFolder folder;
  REQUIRE(write_file_atomically(folder / "timeline.txt", text).ok());
  const Result<ChipTimeline> timeline = read_chip_timeline(folder / "timeline.txt");
  REQUIRE(timeline.ok());
  return timeline.value();
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Two cores and an engine in 1000 cycles.
///
///     step      | 3          | 4               |
///     engine         ####
///     DMA in    ##
///     core 0    bbbb#############################
///     core 1    ####################..............
const char* const kRecord =
    "dma_in 64 0 100\n"
    "core0 barrier_wait 0 200\n"
    "transfers 3 0 50\n"
    "step 3 50 400\n"
    "engine 960 250 500\n"
    "step 4 400 1000\n"
    "core1 working 0 600\n"
    "core1 job_wait 600 1000\n"
    "core0 working 200 1000\n"
    "end 1000\n";

TimelinePicture picture() {
  return {.title = "a net",
          .names = {{3, "matmul fc1"}, {4, "relu"}},
          .step = {0, 1000},
          .peaks = {.fpus = 2, .engine = 96}};
}

TEST_CASE("timeline: every line of the chip's file is read") {
  const ChipTimeline timeline = read(kRecord);
  CHECK(timeline.end == 1000);
  CHECK(timeline.marks == std::vector<ChipTimeline::Mark>{
                              {{0, 50}, 3, false}, {{50, 400}, 3, true}, {{400, 1000}, 4, true}});
  CHECK(timeline.engine == std::vector<ChipTimeline::Work>{{{250, 500}, 960}});
  CHECK(timeline.dma[ChipTimeline::into_l1] == std::vector<ChipTimeline::Work>{{{0, 100}, 64}});
  CHECK(timeline.dma[ChipTimeline::out_of_l1].empty());
  REQUIRE(timeline.cores.size() == 2);
  CHECK(timeline.cores[1] ==
        std::vector<ChipTimeline::CoreInterval>{{{0, 600}, CoreActivity::working},
                                                {{600, 1000}, CoreActivity::job_wait}});
  CHECK_FALSE(read_chip_timeline("/no/such/file").ok());
}

TEST_CASE("timeline: a step begins with the transfers before its first launch") {
  const ChipTimeline timeline = read(
      "transfers 3 10 20\n"  // two steps of two visits of 3 each, with others between
      "transfers 5 20 30\n"
      "step 3 30 40\n"
      "step 3 40 50\n"
      "step 5 50 60\n"
      "transfers 3 60 70\n"
      "step 3 70 80\n"
      "step 4 80 85\n"
      "step 3 85 90\n"
      "end 90\n");
  CHECK(steps_of(timeline, {.first = 3, .visits = 2}) ==
        std::vector<CycleRange>{{10, 60}, {60, 90}});
  CHECK(steps_of(timeline, {.first = 3, .visits = 4}) == std::vector<CycleRange>{{10, 90}});
  CHECK(steps_of(timeline, {.first = 9, .visits = 1}).empty());
}

TEST_CASE("timeline: the busiest window counts peaks, and is the first of equals") {
  const ChipTimeline timeline = read(kRecord);
  // The engine's 250 cycles weigh more than any of the cores'; around them both cores work.
  CHECK(busiest_window(timeline, {0, 1000}, 300, {.fpus = 2, .engine = 96}) ==
        CycleRange{200, 500});
  // Cores alone: both work from 200 to 600.
  CHECK(busiest_window(timeline, {0, 1000}, 300, {.fpus = 2}) == CycleRange{200, 500});
  CHECK(busiest_window(timeline, {240, 1000}, 300, {.fpus = 2}) == CycleRange{240, 540});
  CHECK(busiest_window(timeline, {500, 1000}, 300, {.fpus = 2}) == CycleRange{500, 800});
  // One that ends where the work does.
  const ChipTimeline late = read("core0 job_wait 0 900\ncore0 working 900 950\nend 1000\n");
  CHECK(busiest_window(late, {0, 1000}, 100, {.fpus = 2}) == CycleRange{850, 950});
  // All of what is shorter.
  CHECK(busiest_window(timeline, {300, 500}, 300, {.fpus = 2}) == CycleRange{300, 500});
}

TEST_CASE("timeline: the busiest window is that of trying all") {
  ChipTimeline timeline = {.end = 200, .cores = {{}, {}, {}}};
  uint32_t state = 1;
  const auto draw = [&](uint32_t below) {
    state = state * 1664525 + 1013904223;
    return static_cast<int64_t>((state >> 8) % below);
  };
  for (auto& core : timeline.cores)
    for (int64_t at = 0; at < 200;) {
      const int64_t end = std::min<int64_t>(200, at + 1 + draw(20));
      core.push_back({{at, end}, static_cast<CoreActivity>(draw(3))});
      at = end;
    }
  for (int64_t at = 5; at < 180; at += 30) timeline.engine.push_back({{at, at + draw(25)}, 1});
  const PeakRates peaks = {.fpus = 2, .engine = 7};
  for (const int64_t cycles : {1, 7, 30, 190}) {
    int64_t most = -1;
    CycleRange best;
    for (int64_t begin = 3; begin + cycles <= 200; ++begin) {
      const CycleRange window = {begin, begin + cycles};
      int64_t done = 0;
      for (const auto& core : timeline.cores)
        for (const auto& each : core)
          if (each.activity == CoreActivity::working)
            done += peaks.fpus * each.cycles.within(window).length();
      for (const auto& job : timeline.engine)
        done += 3 * peaks.engine * job.cycles.within(window).length();
      if (done > most) best = window;
      most = std::max(most, done);
    }
    CHECK(busiest_window(timeline, {3, 200}, cycles, peaks) == best);
  }
}

TEST_CASE("timeline: a step shorter than a window is shown as a whole, lane by lane") {
  const std::string svg = timeline_svg(read(kRecord), picture());
  CHECK(has(svg, ">The whole step: cycles 0 to 1,000</text>"));
  CHECK_FALSE(has(svg, "millisecond"));
  CHECK(has(svg, ">1,000 cycles, 0.003 ms at 360 MHz</text>"));
  for (const char* lane : {"matrix engine", "DMA into L1", "DMA out of L1", "core 0", "core 1"})
    CHECK_MESSAGE(count(svg, std::string(">") + lane + "</text>") == 1, lane);
  CHECK_FALSE(has(svg, ">DMA to and from L3</text>"));
  CHECK(has(svg, "<title>3 matmul fc1: 400 cycles</title>"));
  CHECK(has(svg, ">40.0 % 3 matmul fc1</text>"));
  CHECK(has(svg, ">60.0 % 4 relu</text>"));
  // 1120 pixels are 1000 cycles: the engine from 250 to 500, lanes 130 pixels from the left.
  CHECK(has(svg, "<path class=\"engine0\" d=\"M410.00 97h280.00v16h-280.00z\"/>"));
  // Idle: engine, DMA in, out, core 0, core 1.
  for (const char* share : {"75.0 %", "90.0 %", "100.0 %", "20.0 %", "40.0 %"}) {
    CHECK_MESSAGE(count(svg, std::string(" text-anchor=\"end\">") + share + "</text>") == 1, share);
  }
  CHECK(svg == timeline_svg(read(kRecord), picture()));
}

TEST_CASE("timeline: a chip without an engine has no lane and no colour of it") {
  TimelinePicture of_cores = picture();
  of_cores.peaks.engine = 0;
  ChipTimeline timeline = read(kRecord);
  timeline.engine.clear();
  timeline.dma[ChipTimeline::external] = {{{1500, 1600}, 8}};
  const std::string svg = timeline_svg(timeline, of_cores);
  CHECK_FALSE(has(svg, ">matrix engine</text>"));
  CHECK_FALSE(has(svg, ">waiting for the engine</text>"));
  CHECK(has(svg, ">waiting for a transfer</text>"));
  CHECK_FALSE(has(svg, "L3"));  // its transfer is another step's
  timeline.dma[ChipTimeline::external] = {{{500, 600}, 8}};
  CHECK(has(timeline_svg(timeline, of_cores), ">DMA to and from L3</text>"));
}

TEST_CASE("timeline: a long step has its first and its busiest millisecond") {
  const int64_t begin = 5000;
  const int64_t end = begin + 3 * kWindowCycles;
  ChipTimeline timeline = {.end = end};
  timeline.marks = {{{begin, end}, 3, true}};
  timeline.cores = {{{{begin, end - kWindowCycles}, CoreActivity::dma_wait},
                     {{end - kWindowCycles, end}, CoreActivity::working}}};
  TimelinePicture of_step = picture();
  of_step.step = {begin, end};
  const std::string svg = timeline_svg(timeline, of_step);
  CHECK(has(svg, ">The first millisecond of the step: cycles 0 to 360,000</text>"));
  CHECK(has(svg,
            ">Its busiest millisecond, by the peak FLOP of what works: cycles 720,000 to "
            "1,080,000</text>"));
  CHECK(count(svg, ">core 0</text>") == 2);
  CHECK(count(svg, ">100.0 % 3 matmul fc1</text>") == 2);
  // Axes: every 100 us of the step.
  CHECK(has(svg, ">36,000</text>"));
  CHECK(has(svg, ">756,000</text>"));
  CHECK(has(svg, ">2,100</text>"));
}

TEST_CASE("timeline: names are text, whatever is in them") {
  TimelinePicture strange = picture();
  strange.title = "a<b> & \"c\"";
  strange.names[4] = "relu </text><script>\x1b";
  const std::string svg = timeline_svg(read(kRecord), strange);
  CHECK(has(svg, ">a&lt;b&gt; &amp; &quot;c&quot;</text>"));
  CHECK(has(svg, "4 relu &lt;/text&gt;&lt;script&gt;\\x1b"));
  CHECK_FALSE(has(svg, "<script"));
  CHECK_FALSE(has(svg, "\x1b"));
}

}  // namespace
}  // namespace tdc::driver
