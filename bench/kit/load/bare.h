// The limit that every server is measured against: plain sendmmsg of the same sizes at the same times to as many sockets,
// without any work on the bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "delays.h"

namespace load {

// Datagram of `bytes` for every receiver, `dueUs` after the loop's start.
struct BarePacket {
  uint32_t dueUs;
  uint32_t bytes;
};

struct BareOptions {
  int receivers;
  int64_t durationNs;
  uint32_t loopUs;
  std::vector<BarePacket> schedule;
};

// Runs on threads of its own from construction on.
class BareSend {
 public:
  explicit BareSend(BareOptions options);
  BareSend(const BareSend&) = delete;
  BareSend& operator=(const BareSend&) = delete;
  ~BareSend();

  bool done() const { return done_; }
  double cpuNs() const { return cpuNs_; }
  double packets() const { return packets_; }
  double received() const { return received_; }
  // From the time that a datagram was due.
  const DelayHistogram& delays() const { return delays_; }

 private:
  void run();

  BareOptions options_;
  std::atomic<bool> done_{false};
  std::atomic<bool> stopped_{false};
  double cpuNs_ = 0;
  double packets_ = 0;
  double received_ = 0;
  DelayHistogram delays_;
  std::thread thread_;
};

}  // namespace load
