// A publisher that plays recorded packets in a loop, each at its time and with that time written into it.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "drain.h"
#include "peer.h"

namespace load {

// One packet of the loop.
struct Scheduled {
  uint32_t dueUs;
  uint32_t timestampUs;
  // 0 audio, 1 video.
  uint32_t track;
  bool marker;
  uint32_t offset;
  uint32_t length;
};

struct PublisherTrack {
  uint32_t ssrc;
  uint8_t payloadType;
  uint32_t clockRateHz;
  char mid;
  uint16_t sequence;
  uint32_t timestampBase;
  uint32_t packets;
  uint32_t bytes;
};

struct PublisherOptions {
  PublisherTrack tracks[2];
  // Header extensions; 0 for those not negotiated.
  uint8_t midExtension;
  uint8_t sendTimeExtension;
  uint8_t transportExtension;
  uint32_t loopUs;
  std::vector<Scheduled> schedule;
  std::vector<uint8_t> media;
};

class Publisher : public Peer {
 public:
  Publisher(RemoteEnd remote, const DtlsIdentity& identity, PublisherOptions options);
  ~Publisher() override;

  void pause(bool paused) { paused_ = paused; }

  // Counted from the start; read from any thread.
  std::atomic<int> stage{0};
  std::atomic<double> packets{0};
  std::atomic<double> bytes{0};
  std::atomic<double> resent{0};
  std::atomic<double> keyframeRequests{0};
  // Longest time a packet went out after its due time.
  std::atomic<double> latestUs{0};

 protected:
  void onRtp(uint8_t*, size_t, int64_t) override {}
  void onRtcp(uint8_t* packet, size_t length, int64_t arrivedNs) override;
  void onBadTag() override {}

 private:
  static constexpr size_t kStoreSize = 1'024;
  struct Stored {
    uint16_t sequence = 0;
    std::vector<uint8_t> datagram;
  };

  void run();
  int64_t sendDue(int64_t now);
  void sendPacket(const Scheduled& packet, int64_t now);
  size_t writeExtensions(uint8_t* out, const PublisherTrack& track, int64_t now);
  void sendReport(PublisherTrack& track, int64_t now);
  void resend(uint16_t sequence);
  uint32_t timestampAt(const PublisherTrack& track, int64_t mediaUs) const;

  PublisherOptions options_;
  Drain drain_;
  std::vector<Stored> store_ = std::vector<Stored>(kStoreSize);
  uint16_t transportSequence_ = 0;
  int64_t startedNs_ = 0;
  // Time spent in pauses: the media stood still, the timestamps did not.
  int64_t pausedNs_ = 0;
  int64_t pausedAtNs_ = 0;
  int64_t reportedNs_ = 0;
  int64_t loops_ = 0;
  size_t next_ = 0;
  std::atomic<bool> paused_{false};
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace load
