// What one viewer gets of one track: every number accounted for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace load {

// Counted over many viewers, from the start.
struct Counters {
  double packets = 0;
  double bytes = 0;
  double badTags = 0;
  // Numbers left out when a later one came; most come after all.
  double holes = 0;
  // Holes that never came, NACKs and all.
  double lost = 0;
  double duplicates = 0;
  // Packets thrown away on purpose, to be asked for again; and those of them that never came again.
  double pretended = 0;
  double pretendedLost = 0;
  // Missing numbers that came after all: as RTX, as a plain copy, or just late.
  double repaired = 0;
  // RTX packets that repaired nothing: probes.
  double probes = 0;
  double probeBytes = 0;
  double nacks = 0;
  double reports = 0;
  double feedbacks = 0;
  double senderReports = 0;
};

// A number that is waited for.
struct Missing {
  uint32_t index;
  bool pretended;
  int64_t sinceNs;
  int64_t askedNs;
  int asked;
};

class Track {
 public:
  uint32_t ssrc = 0;
  uint32_t rtxSsrc = 0;
  uint32_t clockRateHz = 90'000;

  // A packet of the track itself. One that is to be lost on purpose counts as never come.
  void see(uint16_t sequence, bool pretendLost, int64_t now, Counters& counters);
  // The original number of an RTX packet (RFC 4588 section 4).
  void repair(uint16_t sequence, size_t bytes, Counters& counters);
  // For the report's jitter (RFC 3550 section 6.4.1).
  void time(uint32_t timestamp, int64_t arrivedNs);
  void senderReport(uint32_t ntpMiddle, int64_t arrivedNs);

  // Numbers to ask for now, again only when an answer had its time; gives up those asked for too often.
  size_t takeDue(int64_t now, int64_t roundTripNs, std::vector<uint16_t>& sequences, Counters& counters);
  // 24 bytes of a report block.
  void writeReportBlock(uint8_t* out, int64_t now);
  bool started() const { return started_; }
  bool waits() const { return !missing_.empty(); }

 private:
  bool resolve(uint32_t index);
  uint32_t extend(uint16_t sequence) const;

  bool started_ = false;
  // Sequence number with its rollovers above.
  uint32_t highest_ = 0;
  uint32_t first_ = 0;
  uint32_t received_ = 0;
  uint32_t reportedExpected_ = 0;
  uint32_t reportedReceived_ = 0;
  double jitter_ = 0;
  double lastTransit_ = 0;
  bool timed_ = false;
  uint32_t lastSenderReport_ = 0;
  int64_t lastSenderReportNs_ = 0;
  std::vector<Missing> missing_;
};

}  // namespace load
