#include "track.h"

#include <algorithm>
#include <cstddef>

#include "bytes.h"
#include "clock.h"

namespace load {
namespace {

// As patient as a browser: asked ten times, about a second in all, longer where answers take long.
constexpr int kAskLimit = 10;
constexpr int64_t kFirstAskNs = 5 * kMillisecondNs;
constexpr int64_t kAskAgainNs = 100 * kMillisecondNs;
constexpr size_t kMissingLimit = 2'000;
// So many fit into one NACK, wherever they lie.
constexpr size_t kAskedAtOnce = 200;
// The first number lies well above 0, so that older ones are not below it.
constexpr uint32_t kFirstRollover = 0x10000;

}  // namespace

uint32_t Track::extend(uint16_t sequence) const {
  const int16_t step = static_cast<int16_t>(sequence - static_cast<uint16_t>(highest_));
  return highest_ + static_cast<uint32_t>(static_cast<int32_t>(step));
}

void Track::see(uint16_t sequence, bool pretendLost, int64_t now, Counters& counters) {
  if (!started_) {
    started_ = true;
    highest_ = first_ = kFirstRollover + sequence;
    received_ = 1;
    return;
  }
  const uint32_t index = extend(sequence);
  if (index <= highest_) {
    if (!resolve(index)) {
      counters.duplicates++;
      return;
    }
    received_++;
    counters.repaired++;
    return;
  }
  for (uint32_t hole = highest_ + 1; hole < index; hole++) {
    counters.holes++;
    if (missing_.size() < kMissingLimit) missing_.push_back({hole, false, now, 0, 0});
    else counters.lost++;
  }
  highest_ = index;
  if (pretendLost) {
    counters.pretended++;
    missing_.push_back({index, true, now, 0, 0});
  } else {
    received_++;
  }
}

void Track::repair(uint16_t sequence, size_t bytes, Counters& counters) {
  if (started_ && resolve(extend(sequence))) {
    counters.repaired++;
    return;
  }
  counters.probes++;
  counters.probeBytes += static_cast<double>(bytes);
}

bool Track::resolve(uint32_t index) {
  const auto found =
      std::find_if(missing_.begin(), missing_.end(), [index](const Missing& one) { return one.index == index; });
  if (found == missing_.end()) return false;
  missing_.erase(found);
  return true;
}

void Track::time(uint32_t timestamp, int64_t arrivedNs) {
  const double arrival = static_cast<double>(arrivedNs % (kSecondNs * 1'000)) * clockRateHz / kSecondNs;
  const double transit = arrival - timestamp;
  const double step = transit > lastTransit_ ? transit - lastTransit_ : lastTransit_ - transit;
  // A wrap of either clock is no jitter.
  if (timed_ && step < clockRateHz) jitter_ += (step - jitter_) / 16;
  lastTransit_ = transit;
  timed_ = true;
}

void Track::senderReport(uint32_t ntpMiddle, int64_t arrivedNs) {
  lastSenderReport_ = ntpMiddle;
  lastSenderReportNs_ = arrivedNs;
}

size_t Track::takeDue(int64_t now, int64_t roundTripNs, std::vector<uint16_t>& sequences, Counters& counters) {
  const int64_t againNs = std::max(kAskAgainNs, roundTripNs + roundTripNs / 2);
  sequences.clear();
  for (auto one = missing_.begin(); one != missing_.end();) {
    const bool due = one->asked == 0 ? now - one->sinceNs >= kFirstAskNs : now - one->askedNs >= againNs;
    if (due && one->asked >= kAskLimit) {
      (one->pretended ? counters.pretendedLost : counters.lost)++;
      one = missing_.erase(one);
      continue;
    }
    if (due && sequences.size() < kAskedAtOnce) {
      sequences.push_back(static_cast<uint16_t>(one->index));
      one->asked++;
      one->askedNs = now;
    }
    ++one;
  }
  return sequences.size();
}

void Track::writeReportBlock(uint8_t* out, int64_t now) {
  const uint32_t expected = highest_ - first_ + 1;
  const uint32_t newlyExpected = expected - reportedExpected_;
  const uint32_t newlyReceived = received_ - reportedReceived_;
  reportedExpected_ = expected;
  reportedReceived_ = received_;
  const uint32_t newlyLost = newlyExpected > newlyReceived ? newlyExpected - newlyReceived : 0;
  const uint32_t fraction = newlyExpected == 0 ? 0 : std::min<uint32_t>(255, newlyLost * 256 / newlyExpected);
  const uint32_t lost = expected > received_ ? std::min<uint32_t>(expected - received_, 0x7fffff) : 0;
  write32(out, ssrc);
  write32(out + 4, fraction << 24 | lost);
  write32(out + 8, highest_ - kFirstRollover);
  write32(out + 12, static_cast<uint32_t>(jitter_));
  write32(out + 16, lastSenderReport_);
  // Delay since the last sender report in units of 1/65536 s.
  const int64_t delayNs = lastSenderReport_ == 0 ? 0 : now - lastSenderReportNs_;
  write32(out + 20, static_cast<uint32_t>(static_cast<double>(delayNs) * 65536 / kSecondNs));
}

}  // namespace load
