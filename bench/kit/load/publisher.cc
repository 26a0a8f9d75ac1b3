#include "publisher.h"

#include <pthread.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "bytes.h"
#include "clock.h"
#include "rtcp.h"
#include "stamp.h"

namespace load {
namespace {

constexpr int kReceiveBufferBytes = 1 << 20;
constexpr int64_t kTurnNs = 2 * kMillisecondNs;
constexpr int64_t kReportEveryNs = kSecondNs;
constexpr uint32_t kVideo = 1;
constexpr uint8_t kSenderReport = 200, kTransportLayerFeedback = 205, kPayloadFeedback = 206;
// Seconds between 1900 and 1970.
constexpr uint64_t kNtpEpochSeconds = 2'208'988'800;

}  // namespace

Publisher::Publisher(RemoteEnd remote, const DtlsIdentity& identity, PublisherOptions options)
    : Peer(std::move(remote), identity, kReceiveBufferBytes), options_(std::move(options)) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "load-publisher");
}

Publisher::~Publisher() {
  stopped_ = true;
  thread_.join();
}

void Publisher::run() {
  while (!stopped_) {
    while (drain_.take(*this)) {
    }
    int64_t now = nowNs();
    tick(now);
    stage = static_cast<int>(state());
    int64_t wakeNs = now + kTurnNs;
    if (state() == PeerState::kSecure) wakeNs = std::min(wakeNs, sendDue(now));
    sleepUntilNs(wakeNs);
  }
  leave();
}

// Sends what is due and tells when the next packet is.
int64_t Publisher::sendDue(int64_t now) {
  if (startedNs_ == 0) startedNs_ = now;
  if (paused_) {
    if (pausedAtNs_ == 0) pausedAtNs_ = now;
    return now + kTurnNs;
  }
  if (pausedAtNs_ != 0) {
    pausedNs_ += now - pausedAtNs_;
    pausedAtNs_ = 0;
  }
  if (now - reportedNs_ >= kReportEveryNs) {
    reportedNs_ = now;
    for (PublisherTrack& track : options_.tracks) sendReport(track, now);
  }
  for (;;) {
    const Scheduled& packet = options_.schedule[next_];
    const int64_t mediaUs = loops_ * options_.loopUs + packet.dueUs;
    const int64_t dueNs = startedNs_ + pausedNs_ + mediaUs * 1'000;
    const int64_t at = nowNs();
    if (dueNs > at) return dueNs;
    latestUs = std::max(latestUs.load(), static_cast<double>(at - dueNs) / 1'000);
    sendPacket(packet, at);
    if (++next_ < options_.schedule.size()) continue;
    next_ = 0;
    loops_++;
  }
}

uint32_t Publisher::timestampAt(const PublisherTrack& track, int64_t mediaUs) const {
  return track.timestampBase + static_cast<uint32_t>(mediaUs * track.clockRateHz / 1'000'000);
}

void Publisher::sendPacket(const Scheduled& packet, int64_t now) {
  PublisherTrack& track = options_.tracks[packet.track];
  uint8_t out[2'048];
  const uint16_t sequence = track.sequence++;
  out[0] = 0x90;
  out[1] = static_cast<uint8_t>((packet.marker ? 0x80 : 0) | track.payloadType);
  write16(out + 2, sequence);
  write32(out + 4, timestampAt(track, loops_ * options_.loopUs + packet.timestampUs + pausedNs_ / 1'000));
  write32(out + 8, track.ssrc);
  size_t length = 12 + writeExtensions(out + 12, track, now);
  std::memcpy(out + length, options_.media.data() + packet.offset, packet.length);
  length += packet.length;
  if (packet.track == kVideo && packet.length >= kStampedPayloadBytes) writeStamp(out + length, now);
  length = outgoing().protectRtp(out, length);
  send(socket(), out, length, 0);
  track.packets++;
  track.bytes += packet.length;
  packets = packets + 1;
  bytes = bytes + static_cast<double>(length);
  if (packet.track != kVideo) return;
  Stored& stored = store_[sequence % kStoreSize];
  stored.sequence = sequence;
  stored.datagram.assign(out, out + length);
}

// One-byte elements (RFC 8285 section 4.2).
size_t Publisher::writeExtensions(uint8_t* out, const PublisherTrack& track, int64_t now) {
  size_t at = 4;
  if (options_.midExtension != 0) {
    out[at++] = static_cast<uint8_t>(options_.midExtension << 4);
    out[at++] = static_cast<uint8_t>(track.mid);
  }
  if (options_.sendTimeExtension != 0) {
    // 24 bits of seconds, 18 of them behind the point.
    const uint64_t micros = static_cast<uint64_t>(now / 1'000) % 64'000'000;
    const uint32_t time = static_cast<uint32_t>((micros << 18) / 1'000'000) & 0xffffff;
    out[at++] = static_cast<uint8_t>(options_.sendTimeExtension << 4 | 2);
    out[at++] = static_cast<uint8_t>(time >> 16);
    out[at++] = static_cast<uint8_t>(time >> 8);
    out[at++] = static_cast<uint8_t>(time);
  }
  if (options_.transportExtension != 0) {
    out[at++] = static_cast<uint8_t>(options_.transportExtension << 4 | 1);
    write16(out + at, transportSequence_++);
    at += 2;
  }
  while (at % 4 != 0) out[at++] = 0;
  write16(out, 0xbede);
  write16(out + 2, static_cast<uint32_t>(at / 4 - 1));
  return at;
}

void Publisher::sendReport(PublisherTrack& track, int64_t now) {
  uint8_t packet[kRtcpRoomBytes];
  const uint64_t fraction = (static_cast<uint64_t>(now % kSecondNs) << 32) / kSecondNs;
  packet[0] = 0x80;
  packet[1] = kSenderReport;
  write16(packet + 2, 6);
  write32(packet + 4, track.ssrc);
  write32(packet + 8, static_cast<uint32_t>(static_cast<uint64_t>(now / kSecondNs) + kNtpEpochSeconds));
  write32(packet + 12, static_cast<uint32_t>(fraction));
  write32(packet + 16, timestampAt(track, (now - startedNs_) / 1'000));
  write32(packet + 20, track.packets);
  write32(packet + 24, track.bytes);
  sendRtcp(packet, 28 + writeSourceDescription(packet + 28, track.ssrc));
}

void Publisher::onRtcp(uint8_t* packet, size_t length, int64_t) {
  for (size_t at = 0; at + 12 <= length;) {
    const size_t end = at + 4 * (static_cast<size_t>(read16(packet + at + 2)) + 1);
    const uint8_t type = packet[at + 1];
    const uint8_t format = packet[at] & 0x1f;
    if (type == kPayloadFeedback && (format == 1 || format == 4)) keyframeRequests = keyframeRequests + 1;
    if (type == kTransportLayerFeedback && format == 1 && end <= length) {
      for (size_t item = at + 12; item + 4 <= end; item += 4) {
        const uint16_t first = read16(packet + item);
        resend(first);
        for (int bit = 0; bit < 16; bit++) {
          if ((read16(packet + item + 2) >> bit & 1) != 0) resend(static_cast<uint16_t>(first + 1 + bit));
        }
      }
    }
    at = end;
  }
}

void Publisher::resend(uint16_t sequence) {
  const Stored& stored = store_[sequence % kStoreSize];
  if (stored.datagram.empty() || stored.sequence != sequence) return;
  send(socket(), stored.datagram.data(), stored.datagram.size(), 0);
  resent = resent + 1;
}

}  // namespace load
