#include "soc/dma.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "soc/fault.h"

namespace tdc::soc {

Dma::Dma(const Parameters& parameters, Memories& memories, BankArbiter& banks)
    : parameters_(parameters), memories_(memories), banks_(banks) {}

uint32_t Dma::start(const DmaTransfer& transfer) {
  const auto check_side = [&](const char* side, uint32_t address, uint32_t stride,
                              uint8_t attributes) {
    const Memory* memory = nullptr;
    for (uint64_t row = 0; row < transfer.rows; ++row) {
      const uint64_t begin = address + row * stride;
      Memory* found = begin <= UINT32_MAX ? memories_.find(static_cast<uint32_t>(begin)) : nullptr;
      if (found != nullptr && (memory == nullptr || memory == found) &&
          memories_.range_has(static_cast<uint32_t>(begin), transfer.row_bytes, attributes)) {
        memory = found;
        continue;
      }
      Fault fault(
          FaultKind::kDmaRange,
          fmt::format("a transfer of {} rows of {} bytes {} {:#010x} (stride {}) leaves the "
                      "program's memory in row {}",
                      transfer.rows, transfer.row_bytes, side, address, stride, row));
      fault.has_address = true;
      fault.address = static_cast<uint32_t>(begin);
      throw fault;
    }
  };
  ++transfers_;
  const uint32_t ticket = ++last_ticket_;
  if (transfer.rows == 0 || transfer.row_bytes == 0) return ticket;
  check_side("from", transfer.from, transfer.from_stride, kMapped);
  check_side("to", transfer.to, transfer.to_stride, kMapped | kWritable);
  queue_.push_back(
      {transfer, ticket, memories_.find(transfer.to)->level, memories_.find(transfer.from)->level});
  ++in_flight_;
  return ticket;
}

bool Dma::is_done(uint32_t ticket) const {
  for (const Job& job : queue_) {
    if (job.ticket == ticket) return false;
  }
  for (const ChannelState& channel : channels_) {
    if (channel.job && channel.job->ticket == ticket) return false;
  }
  return true;
}

bool Dma::are_done_until(uint32_t ticket) const {
  for (const Job& job : queue_) {
    if (job.ticket <= ticket) return false;
  }
  for (const ChannelState& channel : channels_) {
    if (channel.job && channel.job->ticket <= ticket) return false;
  }
  return true;
}

Dma::UnderWay Dma::under_way(Channel channel) const {
  const std::optional<Job>& job = channels_[channel].job;
  if (!job) return {};
  return {.ticket = job->ticket, .bytes = uint64_t{job->transfer.rows} * job->transfer.row_bytes};
}

Dma::Channel Dma::channel_of(const Job& job) {
  if (job.to_level == Level::kL3 || job.from_level == Level::kL3) return kExternal;
  return job.to_level == Level::kL1 ? kIntoL1 : kOutOfL1;
}

void Dma::begin_row(ChannelState& channel) const {
  const Job& job = *channel.job;
  if (job.to_level == Level::kL3) {
    if (job.transfer.rows > 1) channel.wait_cycles += parameters_.l3_write_row_cycles;
  } else if (job.from_level == Level::kL3) {
    if (job.transfer.rows > 1) channel.wait_cycles += parameters_.l3_read_row_cycles;
  } else if (job.to_level == Level::kL2) {
    channel.wait_cycles += parameters_.dma_write_burst_cycles;
  }
}

uint32_t Dma::chunk_limit(const Job& job, uint32_t to, uint32_t from) const {
  // Two chunks a cycle make the full rate; where L1 is concerned each is at most one of its words.
  uint32_t limit = std::max(1U, parameters_.dma_bytes_per_cycle / 2);
  if (job.to_level == Level::kL1) limit = std::min(limit, 4 - to % 4);
  if (job.from_level == Level::kL1) limit = std::min(limit, 4 - from % 4);
  return limit;
}

void Dma::plan_chunks(uint32_t index, ChannelState& channel) const {
  const Job& job = *channel.job;
  const DmaTransfer& t = job.transfer;
  const bool is_external = index == kExternal;
  const bool has_bursts = job.to_level == Level::kL2 && !is_external;
  if (is_external) {
    const uint32_t rate =
        job.to_level == Level::kL3 ? parameters_.l3_write_rate : parameters_.l3_read_rate;
    // A bus that waits for a bank does not catch up by more than the two chunks of one cycle.
    channel.credit = std::min(channel.credit + rate, 800U + rate);
  }
  uint32_t column = channel.column;
  for (uint32_t i = 0; i < channel.chunk_count; ++i) column += channel.chunks[i].bytes;
  while (channel.chunk_count < channel.chunks.size() && column < t.row_bytes) {
    // The burst on the L2 side ends here; the next one needs its address beat first.
    if (has_bursts && column != channel.column && column % parameters_.dma_burst_bytes == 0) break;
    Chunk chunk;
    chunk.to = t.to + channel.row * t.to_stride + column;
    chunk.from = t.from + channel.row * t.from_stride + column;
    chunk.bytes = std::min(chunk_limit(job, chunk.to, chunk.from), t.row_bytes - column);
    if (has_bursts) {
      chunk.bytes =
          std::min(chunk.bytes, parameters_.dma_burst_bytes - column % parameters_.dma_burst_bytes);
    }
    if (is_external && channel.credit < (column + chunk.bytes - channel.column) * 100) break;
    chunk.waits_to = job.to_level == Level::kL1;
    chunk.waits_from = job.from_level == Level::kL1;
    column += chunk.bytes;
    channel.chunks[channel.chunk_count++] = chunk;
  }
}

void Dma::request() {
  if (in_flight_ == 0) return;
  ++busy_cycles_;
  for (uint32_t index = 0; index < kChannels; ++index) {
    ChannelState& channel = channels_[index];
    if (!channel.job) {
      const auto next = std::find_if(queue_.begin(), queue_.end(),
                                     [&](const Job& job) { return channel_of(job) == index; });
      if (next == queue_.end()) continue;
      channel.job = *next;
      queue_.erase(next);
      channel.row = 0;
      channel.column = 0;
      channel.credit = 0;
      channel.wait_cycles = index != kExternal ? parameters_.dma_start_cycles
                            : channel.job->to_level == Level::kL3
                                ? parameters_.l3_write_start_cycles
                                : parameters_.l3_read_start_cycles;
      begin_row(channel);
    }
    if (channel.wait_cycles > 0) {
      --channel.wait_cycles;
      continue;
    }
    plan_chunks(index, channel);
    for (uint32_t i = 0; i < channel.chunk_count; ++i) {
      const Chunk& chunk = channel.chunks[i];
      const auto bank = [&](uint32_t address) { return address / 4 % parameters_.l1_banks; };
      if (chunk.waits_to) banks_.request(requester_to(index, i), bank(chunk.to));
      if (chunk.waits_from) banks_.request(requester_from(index, i), bank(chunk.from));
    }
  }
}

void Dma::advance(uint32_t granted) {
  if (in_flight_ == 0) return;
  for (uint32_t index = 0; index < kChannels; ++index) {
    ChannelState& channel = channels_[index];
    if (!channel.job) continue;
    const Job& job = *channel.job;
    const DmaTransfer& t = job.transfer;
    for (uint32_t i = 0; i < channel.chunk_count; ++i) {
      Chunk& chunk = channel.chunks[i];
      if (granted >> requester_to(index, i) & 1) chunk.waits_to = false;
      if (granted >> requester_from(index, i) & 1) chunk.waits_from = false;
    }
    // In order: a chunk whose bank was taken holds back the one behind it.
    while (channel.chunk_count > 0 && !channel.chunks[0].waits_to &&
           !channel.chunks[0].waits_from) {
      const Chunk chunk = channel.chunks[0];
      channel.chunks[0] = channel.chunks[1];
      --channel.chunk_count;
      std::memcpy(memories_.range(chunk.to, chunk.bytes), memories_.range(chunk.from, chunk.bytes),
                  chunk.bytes);
      channel.column += chunk.bytes;
      bytes_moved_ += chunk.bytes;
      if (index == kExternal) channel.credit -= chunk.bytes * 100;
      if (job.to_level == Level::kL2 && index != kExternal && channel.column < t.row_bytes &&
          channel.column % parameters_.dma_burst_bytes == 0) {
        channel.wait_cycles += parameters_.dma_write_burst_cycles;
      }
    }
    if (channel.column < t.row_bytes) continue;
    channel.column = 0;
    if (++channel.row < t.rows) {
      begin_row(channel);
    } else {
      channel.job.reset();
      --in_flight_;
    }
  }
}

}  // namespace tdc::soc
