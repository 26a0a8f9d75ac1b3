#include "viewer.h"

#include <algorithm>
#include <utility>

#include "bytes.h"
#include "clock.h"
#include "stamp.h"

namespace load {
namespace {

constexpr int kReceiveBufferBytes = 1 << 20;
constexpr int64_t kReportEveryNs = kSecondNs;
constexpr int64_t kFeedbackEveryNs = 100 * kMillisecondNs;
// A viewer that joins is sent older packets first, so that it sees a picture at once: no measure of forwarding.
constexpr int64_t kReplayNs = 2 * kSecondNs;
constexpr size_t kArrivalLimit = 2'000;
constexpr uint8_t kReceiverReport = 201, kSenderReport = 200;
constexpr uint16_t kOneByteProfile = 0xbede;

}  // namespace

Viewer::Viewer(RemoteEnd remote, const DtlsIdentity& identity, const ViewerOptions& options, Tally& tally)
    : Peer(std::move(remote), identity, kReceiveBufferBytes),
      options_(options),
      tally_(tally),
      dice_(options.videoSsrc | 1),
      // Viewers do not report in step.
      reportAtNs_(openedNs() + options.videoSsrc % kReportEveryNs),
      feedbackAtNs_(openedNs() + options.videoSsrc % kFeedbackEveryNs) {
  tracks_[0].ssrc = options.videoSsrc;
  tracks_[0].rtxSsrc = options.videoRtxSsrc;
  tracks_[1].ssrc = options.audioSsrc;
  tracks_[1].clockRateHz = 48'000;
}

void Viewer::tick(int64_t now) {
  Peer::tick(now);
  if (state() != PeerState::kSecure) return;
  if (tracks_[0].waits()) sendNacks(tracks_[0], now);
  // Nobody asks for sound again: its holes only have their time.
  if (tracks_[1].waits()) tracks_[1].takeDue(now, roundTripNs(), due_, tally_.counters);
  if (now >= reportAtNs_) {
    reportAtNs_ = now + kReportEveryNs;
    sendReports(now);
  }
  if (now >= feedbackAtNs_) {
    feedbackAtNs_ = now + kFeedbackEveryNs;
    sendFeedback();
  }
}

void Viewer::onRtp(uint8_t* packet, size_t length, int64_t arrivedNs) {
  const size_t header = rtpHeaderBytes(packet, length);
  const uint32_t ssrc = read32(packet + 8);
  const uint16_t sequence = read16(packet + 2);
  Counters& counters = tally_.counters;
  if (firstPacketNs_ == 0) firstPacketNs_ = arrivedNs;
  if (options_.transportExtension != 0) noteTransport(packet, header, arrivedNs);
  if (ssrc == tracks_[0].rtxSsrc && ssrc != 0) {
    if (length >= header + 2) tracks_[0].repair(read16(packet + header), length, counters);
    return;
  }
  Track& track = ssrc == tracks_[0].ssrc ? tracks_[0] : tracks_[1];
  if (ssrc != track.ssrc) return;
  counters.packets++;
  counters.bytes += static_cast<double>(length);
  // xorshift32: which packets are lost on purpose differs from viewer to viewer.
  dice_ ^= dice_ << 13;
  dice_ ^= dice_ >> 17;
  dice_ ^= dice_ << 5;
  const bool repairable = &track == &tracks_[0] && track.rtxSsrc != 0;
  track.see(sequence, repairable && dice_ % 1'000'000 < options_.pretendLossPpm, arrivedNs, counters);
  track.time(read32(packet + 4), arrivedNs);
  if (&track == &tracks_[0]) noteDelay(packet, length, header, arrivedNs);
}

void Viewer::onRtcp(uint8_t* packet, size_t length, int64_t arrivedNs) {
  for (size_t at = 0; at + 8 <= length;) {
    const size_t bytes = 4 * (static_cast<size_t>(read16(packet + at + 2)) + 1);
    if (packet[at + 1] == kSenderReport && bytes >= 28 && at + bytes <= length) {
      tally_.counters.senderReports++;
      const uint32_t ssrc = read32(packet + at + 4);
      for (Track& track : tracks_) {
        if (track.ssrc == ssrc) track.senderReport(read32(packet + at + 10), arrivedNs);
      }
    }
    at += bytes;
  }
}

void Viewer::noteTransport(const uint8_t* packet, size_t headerBytes, int64_t arrivedNs) {
  size_t at = 12 + 4 * static_cast<size_t>(packet[0] & 0x0f);
  if ((packet[0] & 0x10) == 0 || read16(packet + at) != kOneByteProfile) return;
  for (at += 4; at < headerBytes;) {
    const uint8_t id = packet[at] >> 4;
    const size_t bytes = (packet[at] & 0x0f) + size_t{1};
    if (id == 0) {
      at++;
      continue;
    }
    if (id == options_.transportExtension && bytes == 2 && at + 2 < headerBytes) {
      const uint16_t number = read16(packet + at + 1);
      if (!transportSeen_) nextTransport_ = number;
      transportSeen_ = true;
      if (arrivals_.size() < kArrivalLimit) arrivals_.push_back({number, arrivedNs});
      return;
    }
    at += 1 + bytes;
  }
}

void Viewer::noteDelay(const uint8_t* packet, size_t length, size_t headerBytes, int64_t arrivedNs) {
  if (length < headerBytes + kStampedPayloadBytes || arrivedNs - firstPacketNs_ < kReplayNs) return;
  const int64_t sentNs = readStamp(packet + length);
  if (sentNs != 0) tally_.delays.add(arrivedNs - sentNs);
}

void Viewer::sendReports(int64_t now) {
  uint8_t packet[kRtcpRoomBytes];
  size_t bytes = 8;
  uint8_t blocks = 0;
  for (Track& track : tracks_) {
    if (!track.started()) continue;
    track.writeReportBlock(packet + bytes, now);
    bytes += 24;
    blocks++;
  }
  packet[0] = static_cast<uint8_t>(0x80 | blocks);
  packet[1] = kReceiverReport;
  write16(packet + 2, static_cast<uint32_t>(bytes / 4 - 1));
  write32(packet + 4, kReceiverSsrc);
  bytes += writeSourceDescription(packet + bytes, kReceiverSsrc);
  sendRtcp(packet, bytes);
  tally_.counters.reports++;
}

void Viewer::sendFeedback() {
  uint8_t packet[kRtcpRoomBytes];
  const size_t bytes =
      writeTransportFeedback(packet, tracks_[0].ssrc, arrivals_, nextTransport_, feedbackCount_);
  if (bytes == 0) {
    arrivals_.clear();
    return;
  }
  feedbackCount_++;
  sendRtcp(packet, bytes);
  tally_.counters.feedbacks++;
}

void Viewer::sendNacks(Track& track, int64_t now) {
  if (track.takeDue(now, roundTripNs(), due_, tally_.counters) == 0) return;
  uint8_t packet[kRtcpRoomBytes];
  sendRtcp(packet, writeNack(packet, track.ssrc, due_.data(), due_.size()));
  tally_.counters.nacks++;
}

}  // namespace load
