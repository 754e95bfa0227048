#include "soc/report.h"

#include <fmt/format.h>

namespace tdc::soc {

namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string events_object(const EventCounts& counts) {
  std::string result = "{";
  for (uint32_t event = 0; event < kEventCount; ++event) {
    result +=
        fmt::format("{}\"{}\": {}", event == 0 ? "" : ", ", kEventInfos[event].name, counts[event]);
  }
  return result + "}";
}

}  // namespace

std::string json_report(Cluster& cluster, const Parameters& parameters, int status,
                        const std::string& fault, double seconds) {
  std::string json = "{\n";
  json += fmt::format("  \"status\": {},\n", status);
  if (!fault.empty()) json += fmt::format("  \"fault\": {},\n", quoted(fault));
  json += fmt::format("  \"cycles\": {},\n", cluster.cycles());
  json += fmt::format("  \"peak_flop_per_cycle\": {},\n", 2 * fpu_count(parameters));
  json += fmt::format("  \"host_seconds\": {:.3f},\n", seconds);
  json += "  \"parameters\": {";
  for (const ParameterInfo& info : parameter_infos()) {
    json += fmt::format("{}\"{}\": {}", info.name == parameter_infos().front().name ? "" : ", ",
                        info.name, parameters.*info.member);
  }
  json += "},\n  \"changed_parameters\": [";
  const char* between = "";
  for (const ParameterInfo& info : parameter_infos()) {
    if (parameters.*info.member == info.standard) continue;
    json += fmt::format("{}\"{}\"", between, info.name);
    between = ", ";
  }
  json += "],\n  \"cores\": [\n";
  for (uint32_t i = 0; i < parameters.cores; ++i) {
    json += fmt::format("    {}{}\n", events_object(cluster.events(i)),
                        i + 1 < parameters.cores ? "," : "");
  }
  json += "  ],\n";
  const Dma& dma = cluster.dma();
  json += fmt::format("  \"dma\": {{\"transfers\": {}, \"bytes\": {}, \"busy_cycles\": {}}},\n",
                      dma.transfers(), dma.bytes_moved(), dma.busy_cycles());
  if (const MatrixEngine* engine = cluster.engine(); engine != nullptr) {
    json += fmt::format(
        "  \"engine\": {{\"peak_flop_per_cycle\": {}, \"jobs\": {}, \"flop\": {}, \"busy_cycles\": "
        "{}, "
        "\"bank_wait_cycles\": {}, \"words\": {}}},\n",
        engine->peak_flop_per_cycle(), engine->jobs(), engine->flop(), engine->busy_cycles(),
        engine->bank_waits(), engine->words());
  }
  json += "  \"icache\": [";
  for (uint32_t i = 0; i < parameters.cores; ++i) {
    json += fmt::format("{}{{\"private_misses\": {}, \"shared_misses\": {}}}", i == 0 ? "" : ", ",
                        cluster.caches().private_misses(i), cluster.caches().shared_misses(i));
  }
  json += "],\n  \"steps\": [";
  const char* separator = "\n";
  for (const auto& [step, counts] : cluster.finish_steps()) {
    json += fmt::format(
        "{}    {{\"step\": {}, \"visits\": {}, \"cycles\": {}, \"dma_in_bytes\": {}, "
        "\"dma_out_bytes\": {}, {}\"events\": {}}}",
        separator, step, counts.visits, counts.cycles, counts.dma_in_bytes, counts.dma_out_bytes,
        cluster.engine() == nullptr ? ""
                                    : fmt::format("\"engine_cycles\": {}, ", counts.engine_cycles),
        events_object(counts.events));
    separator = ",\n";
  }
  return json + "\n  ]\n}\n";
}

std::string text_report(Cluster& cluster, const Parameters& parameters) {
  std::string text =
      fmt::format("cycles {}, peak {} FLOP/cycle\n", cluster.cycles(), 2 * fpu_count(parameters));
  text += fmt::format("{:<22}", "core");
  for (uint32_t i = 0; i < parameters.cores; ++i) text += fmt::format("{:>12}", i);
  text += '\n';
  std::vector<EventCounts> counts;
  for (uint32_t i = 0; i < parameters.cores; ++i) counts.push_back(cluster.events(i));
  for (uint32_t event = 0; event < kEventCount; ++event) {
    text += fmt::format("{:<22}", kEventInfos[event].name);
    for (const EventCounts& core : counts) text += fmt::format("{:>12}", core[event]);
    text += '\n';
  }
  const Dma& dma = cluster.dma();
  text += fmt::format("dma: {} transfers, {} bytes, busy {} cycles\n", dma.transfers(),
                      dma.bytes_moved(), dma.busy_cycles());
  if (const MatrixEngine* engine = cluster.engine(); engine != nullptr) {
    text +=
        fmt::format("engine: {} jobs, {} FLOP, busy {} cycles, {} of them waiting for a bank\n",
                    engine->jobs(), engine->flop(), engine->busy_cycles(), engine->bank_waits());
  }
  return text;
}

std::string parameter_table(const Parameters& parameters) {
  std::string text;
  for (const ParameterInfo& info : parameter_infos()) {
    const uint32_t value = parameters.*info.member;
    text += fmt::format("{:<28}{:>10} {:<16}{}{}\n", info.name, value, info.unit,
                        value == info.standard ? "" : "(changed) ", info.reason);
  }
  return text;
}

}  // namespace tdc::soc
