#include "driver/timeline.h"

#include <fmt/format.h>

#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "driver/report.h"
#include "runner/progress.h"
#include "support/text.h"

// The picture is written from top to bottom; whatever takes room moves `y` of the drawing down.
// All numbers follow from the cycles alone and have a fixed number of digits, so that the same run
// gives the same bytes.

namespace tdc::driver {
namespace {

using runner::with_commas;

// Lengths in pixels.
constexpr double kLaneLeft = 130;
constexpr double kLaneWidth = 1120;
constexpr double kLaneRight = kLaneLeft + kLaneWidth;
constexpr double kPictureWidth = kLaneRight + 70;
constexpr double kLaneHeight = 16;
constexpr double kLaneStride = 20;
constexpr double kStepsHeight = 22;
constexpr double kLineHeight = 15;
constexpr double kCharacterWidth = 6.2;  // of the steps' font, about
constexpr double kNarrowestBox = 3;      // that gets a name when the pointer is over it
constexpr int kStepColumns = 4;
constexpr int64_t kMostTicks = 12;

/// A class of shapes, in the order of the legend.
struct Style {
  std::string_view name, colour, meaning;
};
constexpr Style kStyles[] = {
    {"working", "#3b7dbd", "core working"},
    {"barrier_wait", "#f0b429", "asleep at a barrier"},
    {"dma_wait", "#d9553f", "waiting for a transfer"},
    {"engine_wait", "#9467bd", "waiting for the engine"},
    {"job_wait", "#d0d3d6", "without a job"},
    {"engine0", "#2a9d6f", "job of the matrix engine"},
    {"engine1", "#1b7451", ""},
    {"dma0", "#4aa8b8", "transfer"},
    {"dma1", "#2c7f8e", ""},
};

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : printable(text)) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else if (c == '"')
      escaped += "&quot;";
    else
      escaped += c;
  }
  return escaped;
}

/// At most `bytes` bytes of it; a character is not cut.
std::string shortened(const std::string& text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t end = bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

std::string text_at(double x, double y, std::string_view text, std::string_view attributes = "") {
  return fmt::format("<text x=\"{:.2f}\" y=\"{:.2f}\"{}>{}</text>\n", x, y, attributes,
                     xml_escaped(text));
}

/// A window under its place in the picture.
struct Scale {
  CycleRange window;
  [[nodiscard]] double x(int64_t cycle) const {
    return kLaneLeft + kLaneWidth * static_cast<double>(cycle - window.begin) /
                           static_cast<double>(window.length());
  }
  [[nodiscard]] double width(const CycleRange& cycles) const {
    return x(cycles.end) - x(cycles.begin);
  }
};

/// One shape of all ranges, so that those narrower than a pixel add up to a shade.
std::string path(const Scale& scale, const std::vector<CycleRange>& ranges, double y, double height,
                 std::string_view style) {
  if (ranges.empty()) return {};
  std::string shapes;
  for (const CycleRange& range : ranges)
    shapes += fmt::format("M{0:.2f} {1:.0f}h{2:.2f}v{3:.0f}h-{2:.2f}z", scale.x(range.begin), y,
                          scale.width(range), height);
  return fmt::format("<path class=\"{}\" d=\"{}\"/>\n", style, shapes);
}

/// One row of a window.
struct LaneShapes {
  std::string name;
  std::map<std::string, std::vector<CycleRange>> shapes;  ///< by style
  int64_t busy = 0;                                       ///< cycles of the window
};

LaneShapes work_lane(const std::string& name, const std::string& style,
                     const std::vector<ChipTimeline::Work>& work, const CycleRange& window) {
  LaneShapes lane = {.name = name};
  for (size_t i = 0; i < work.size(); ++i) {
    const CycleRange range = work[i].cycles.within(window);
    if (range.length() == 0) continue;
    lane.shapes[fmt::format("{}{}", style, i % 2)].push_back(range);
    lane.busy += range.length();
  }
  return lane;
}

LaneShapes core_lane(size_t core, const std::vector<ChipTimeline::CoreInterval>& intervals,
                     const CycleRange& window) {
  LaneShapes lane = {.name = fmt::format("core {}", core)};
  for (const ChipTimeline::CoreInterval& each : intervals) {
    const CycleRange range = each.cycles.within(window);
    if (range.length() == 0) continue;
    lane.shapes[std::string(kCoreActivities[static_cast<size_t>(each.activity)])].push_back(range);
    if (each.activity == CoreActivity::working) lane.busy += range.length();
  }
  return lane;
}

std::vector<LaneShapes> lanes_of(const ChipTimeline& timeline, const TimelinePicture& picture,
                                 const CycleRange& window) {
  std::vector<LaneShapes> lanes;
  if (picture.peaks.engine > 0)
    lanes.push_back(work_lane("matrix engine", "engine", timeline.engine, window));
  lanes.push_back(work_lane("DMA into L1", "dma", timeline.dma[ChipTimeline::into_l1], window));
  lanes.push_back(work_lane("DMA out of L1", "dma", timeline.dma[ChipTimeline::out_of_l1], window));
  const std::vector<ChipTimeline::Work>& external = timeline.dma[ChipTimeline::external];
  const bool uses_l3 =
      std::any_of(external.begin(), external.end(), [&](const ChipTimeline::Work& transfer) {
        return transfer.cycles.within(picture.step).length() > 0;
      });
  if (uses_l3) lanes.push_back(work_lane("DMA to and from L3", "dma", external, window));
  for (size_t core = 0; core < timeline.cores.size(); ++core)
    lanes.push_back(core_lane(core, timeline.cores[core], window));
  return lanes;
}

/// Markers of one step that follow one another are one mark.
std::vector<ChipTimeline::Mark> joined_marks(const ChipTimeline& timeline,
                                             const CycleRange& window) {
  std::vector<ChipTimeline::Mark> joined;
  for (const ChipTimeline::Mark& mark : timeline.marks) {
    const CycleRange cycles = mark.cycles.within(window);
    if (cycles.length() == 0) continue;
    if (!joined.empty() && joined.back().step == mark.step)
      joined.back().cycles.end = cycles.end;
    else
      joined.push_back({cycles, mark.step, mark.is_visit});
  }
  return joined;
}

std::string step_name(const TimelinePicture& picture, int64_t step) {
  const auto found = picture.names.find(step);
  return found == picture.names.end() ? fmt::format("{}", step)
                                      : fmt::format("{} {}", step, found->second);
}

std::string steps_row(const std::vector<ChipTimeline::Mark>& marks, const TimelinePicture& picture,
                      const Scale& scale, double y) {
  std::string text = text_at(0, y + 15, "steps of the model");
  for (size_t i = 0; i < marks.size(); ++i) {
    const ChipTimeline::Mark& mark = marks[i];
    const double x = scale.x(mark.cycles.begin);
    const double width = scale.width(mark.cycles);
    const std::string box = fmt::format(
        "<rect class=\"step{}\" x=\"{:.2f}\" y=\"{:.0f}\" width=\"{:.2f}\" height=\"{:.0f}\"/>",
        i % 2, x, y, width, kStepsHeight);
    if (width < kNarrowestBox) {
      text += box + "\n";
      continue;
    }
    const std::string name = step_name(picture, mark.step);
    text += fmt::format("<g><title>{}: {} cycles</title>{}", xml_escaped(name),
                        with_commas(mark.cycles.length()), box);
    for (const std::string& label : {name, fmt::format("{}", mark.step)})
      if (static_cast<double>(label.size()) * kCharacterWidth + 4 <= width) {
        text += text_at(x + 2, y + 15, label);
        break;
      }
    text += "</g>\n";
  }
  return text;
}

/// Tenths of a microsecond from one tick to the next: 1, 2 or 5 times a power of 10.
int64_t tenths_of_tick(int64_t cycles) {
  for (int64_t power = 1;; power *= 10)
    for (const int64_t factor : {1, 2, 5})
      if (cycles / (power * factor * (kCyclesPerMicrosecond / 10)) < kMostTicks)
        return power * factor;
}

/// Lines through all lanes with their cycles and microseconds, from the step's begin on.
std::string axis(const Scale& scale, int64_t origin, double top, double bottom) {
  const int64_t tenths = tenths_of_tick(scale.window.length());
  const int64_t tick = tenths * (kCyclesPerMicrosecond / 10);
  std::string text = text_at(0, bottom + 14, "cycles") + text_at(0, bottom + 28, "µs");
  const int64_t first = (scale.window.begin - origin + tick - 1) / tick;
  for (int64_t i = first; origin + i * tick <= scale.window.end; ++i) {
    const double x = scale.x(origin + i * tick);
    text += fmt::format("<path class=\"tick\" d=\"M{:.2f} {:.0f}V{:.0f}\"/>\n", x, top, bottom + 4);
    text += text_at(x, bottom + 14, with_commas(i * tick), " text-anchor=\"middle\"");
    text +=
        text_at(x, bottom + 28,
                i * tenths % 10 == 0 ? with_commas(i * tenths / 10)
                                     : fmt::format("{:.1f}", static_cast<double>(i * tenths) / 10),
                " text-anchor=\"middle\"");
  }
  return text;
}

/// Each step with its share of the window, the first to begin first.
std::string step_list(const std::vector<ChipTimeline::Mark>& marks, const TimelinePicture& picture,
                      const CycleRange& window, double& y) {
  std::vector<int64_t> order;
  std::map<int64_t, int64_t> cycles;
  for (const ChipTimeline::Mark& mark : marks) {
    if (!cycles.contains(mark.step)) order.push_back(mark.step);
    cycles[mark.step] += mark.cycles.length();
  }
  constexpr double kColumn = kPictureWidth / kStepColumns;
  constexpr auto kMostBytes = static_cast<size_t>(kColumn / kCharacterWidth) - 9;
  std::string text;
  for (size_t i = 0; i < order.size(); ++i) {
    const size_t column = i % kStepColumns;
    if (column == 0) y += kLineHeight;
    text += text_at(kColumn * static_cast<double>(column), y,
                    fmt::format("{:.1f} % {}", 100 * ratio(cycles[order[i]], window.length()),
                                shortened(step_name(picture, order[i]), kMostBytes)));
  }
  return text;
}

std::string window_text(const ChipTimeline& timeline, const TimelinePicture& picture,
                        const CycleRange& window, std::string_view heading, double& y) {
  const Scale scale = {window};
  y += 24;
  std::string text = text_at(
      0, y,
      fmt::format("{}: cycles {} to {}", heading, with_commas(window.begin - picture.step.begin),
                  with_commas(window.end - picture.step.begin)),
      " class=\"heading\"");
  text += text_at(kPictureWidth, y, "idle", " text-anchor=\"end\"");
  y += 8;
  const double top = y;
  const std::vector<ChipTimeline::Mark> marks = joined_marks(timeline, window);
  text += steps_row(marks, picture, scale, y);
  y += kStepsHeight + 6;
  for (const LaneShapes& lane : lanes_of(timeline, picture, window)) {
    text += text_at(0, y + 12, lane.name);
    text += fmt::format(
        "<rect class=\"lane\" x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\"/>\n",
        kLaneLeft, y, kLaneWidth, kLaneHeight);
    for (const auto& [style, ranges] : lane.shapes)
      text += path(scale, ranges, y, kLaneHeight, style);
    text += text_at(kPictureWidth, y + 12,
                    fmt::format("{:.1f} %", 100 - 100 * ratio(lane.busy, window.length())),
                    " text-anchor=\"end\"");
    y += kLaneStride;
  }
  text += axis(scale, picture.step.begin, top, y);
  y += 34;
  return text + step_list(marks, picture, window, y);
}

std::string legend(bool has_engine, double& y) {
  y += 28;
  std::string text;
  double x = 0;
  for (const Style& style : kStyles) {
    const bool is_of_engine = style.name.starts_with("engine");
    if (style.meaning.empty() || (is_of_engine && !has_engine)) continue;
    text +=
        fmt::format("<rect class=\"{}\" x=\"{:.2f}\" y=\"{:.0f}\" width=\"14\" height=\"12\"/>\n",
                    style.name, x, y - 10);
    text += text_at(x + 19, y, style.meaning);
    x += 40 + kCharacterWidth * static_cast<double>(style.meaning.size());
  }
  return text;
}

std::string style_sheet() {
  std::string text =
      "<style>\ntext{font:11px sans-serif;fill:#222}\n.title{font:bold 15px sans-serif}\n"
      ".heading{font:bold 12px sans-serif}\n.lane{fill:#f1f2f4}\n.tick{stroke:#222;"
      "stroke-opacity:.25}\n.step0{fill:#dfe7ef;stroke:#fff;stroke-width:.5}\n"
      ".step1{fill:#c9d6e4;stroke:#fff;stroke-width:.5}\n";
  for (const Style& style : kStyles)
    text += fmt::format(".{}{{fill:{}}}\n", style.name, style.colour);
  return text + "</style>\n";
}

/// Of all agents together, in FLOP of their peaks times cores: whole numbers.
class WorkCurve {
 public:
  WorkCurve(const ChipTimeline& timeline, const PeakRates& peaks) {
    std::map<int64_t, int64_t> changes;
    const auto add = [&](const CycleRange& cycles, int64_t rate) {
      changes[cycles.begin] += rate;
      changes[cycles.end] -= rate;
    };
    for (const std::vector<ChipTimeline::CoreInterval>& core : timeline.cores)
      for (const ChipTimeline::CoreInterval& each : core)
        if (each.activity == CoreActivity::working) add(each.cycles, peaks.fpus);
    for (const ChipTimeline::Work& job : timeline.engine)
      add(job.cycles, peaks.engine * std::ssize(timeline.cores));
    Point point;
    for (const auto& [cycle, change] : changes) {
      point.sum += point.rate * (cycle - point.cycle);
      point.cycle = cycle;
      point.rate += change;
      points_.push_back(point);
    }
  }

  /// What was done before `cycle`.
  [[nodiscard]] int64_t before(int64_t cycle) const {
    const auto next =
        std::upper_bound(points_.begin(), points_.end(), cycle,
                         [](int64_t wanted, const Point& point) { return wanted < point.cycle; });
    if (next == points_.begin()) return 0;
    const Point& point = *std::prev(next);
    return point.sum + point.rate * (cycle - point.cycle);
  }

  /// Cycles in which the rate changes.
  [[nodiscard]] std::vector<int64_t> cycles() const {
    std::vector<int64_t> cycles;
    for (const Point& point : points_) cycles.push_back(point.cycle);
    return cycles;
  }

 private:
  struct Point {
    int64_t cycle = 0;
    int64_t rate = 0;  // from here on
    int64_t sum = 0;   // up to here
  };
  std::vector<Point> points_;
};

}  // namespace

std::vector<CycleRange> steps_of(const ChipTimeline& timeline, const StepMarkers& markers) {
  std::vector<CycleRange> steps;
  int64_t visits = 0;
  for (size_t i = 0; i < timeline.marks.size(); ++i) {
    const ChipTimeline::Mark& mark = timeline.marks[i];
    if (!mark.is_visit || mark.step != markers.first) continue;
    if (visits++ % markers.visits != 0) continue;
    size_t first = i;
    while (first > 0 && !timeline.marks[first - 1].is_visit) --first;
    const int64_t begin = timeline.marks[first].cycles.begin;
    if (!steps.empty()) steps.back().end = begin;
    steps.push_back({.begin = begin, .end = timeline.end});
  }
  return steps;
}

CycleRange busiest_window(const ChipTimeline& timeline, const CycleRange& range, int64_t cycles,
                          const PeakRates& peaks) {
  if (range.length() <= cycles) return range;
  const WorkCurve work(timeline, peaks);
  const int64_t last = range.end - cycles;
  // The work of a window is linear between those that begin or end where the rate changes.
  std::set<int64_t> begins = {range.begin, last};
  for (const int64_t cycle : work.cycles())
    for (const int64_t begin : {cycle, cycle - cycles})
      if (begin > range.begin && begin < last) begins.insert(begin);
  int64_t best = range.begin;
  int64_t most = -1;
  for (const int64_t begin : begins) {
    const int64_t done = work.before(begin + cycles) - work.before(begin);
    if (done <= most) continue;
    most = done;
    best = begin;
  }
  return {.begin = best, .end = best + cycles};
}

std::string timeline_svg(const ChipTimeline& timeline, const TimelinePicture& picture) {
  double y = 20;
  std::string body = text_at(0, y, picture.title, " class=\"title\"");
  y += 17;
  body += text_at(
      0, y,
      fmt::format("{} cycles, {:.3f} ms at {} MHz", with_commas(picture.step.length()),
                  static_cast<double>(picture.step.length()) / (1000.0 * kCyclesPerMicrosecond),
                  kCyclesPerMicrosecond));
  const CycleRange first = {.begin = picture.step.begin,
                            .end = std::min(picture.step.end, picture.step.begin + kWindowCycles)};
  if (first == picture.step) {
    body += window_text(timeline, picture, first, "The whole step", y);
  } else {
    body += window_text(timeline, picture, first, "The first millisecond of the step", y);
    body += window_text(timeline, picture,
                        busiest_window(timeline, picture.step, kWindowCycles, picture.peaks),
                        "Its busiest millisecond, by the peak FLOP of what works", y);
  }
  body += legend(picture.peaks.engine > 0, y);
  y += 12;
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-10 0 {0:.0f} {1:.0f}\" "
             "width=\"{0:.0f}\" height=\"{1:.0f}\">\n{2}<rect x=\"-10\" width=\"{0:.0f}\" "
             "height=\"{1:.0f}\" fill=\"#fff\"/>\n",
             kPictureWidth + 20, y, style_sheet()) +
         body + "</svg>\n";
}

std::optional<StepTimeline> step_timeline(const Compilation& compilation, ir::GraphKind kind,
                                          const ChipReport& report, const ChipTimeline& timeline) {
  const schedule::EntryPoint* entry_point = schedule::find_entry_point(compilation.schedule, kind);
  const bool is_training = kind == ir::GraphKind::train_step;
  const int64_t calls = is_training ? compilation.program.training->accumulate : 1;
  std::optional<StepMarkers> markers;
  TimelinePicture picture;
  for (const LaunchWork& launch : launches_of(compilation.schedule)) {
    if (launch.entry_point == entry_point && !markers)
      markers = {.first = launch.step, .visits = launch.turns * calls};
    const std::string_view op = launch.launch->op->name;
    picture.names[launch.step] = launch.launch->label == op
                                     ? std::string(op)
                                     : fmt::format("{} {}", op, launch.launch->label);
  }
  if (!markers) return std::nullopt;
  const std::vector<CycleRange> steps = steps_of(timeline, *markers);
  if (steps.empty()) return std::nullopt;
  const size_t shown = steps.size() > 1 ? 1 : 0;
  picture.step = steps[shown];
  picture.peaks.engine = report.engine ? report.engine->peak_flop_per_cycle : 0;
  picture.peaks.fpus = report.peak_flop_per_cycle - picture.peaks.engine;
  std::string said = fmt::format("{} {} of {}", is_training ? "step" : "sample", shown + 1,
                                 with_commas(std::ssize(steps)));
  if (timeline.end < report.cycles)
    said +=
        fmt::format(" (of the first {} cycles, which were recorded)", with_commas(timeline.end));
  picture.title = fmt::format(
      "{}, `{}`, {}", compilation.program.net,
      is_training ? compilation.program.training->name : std::string(ir::to_text(kind)), said);
  return StepTimeline{.svg = timeline_svg(timeline, picture), .said = std::move(said)};
}

}  // namespace tdc::driver
