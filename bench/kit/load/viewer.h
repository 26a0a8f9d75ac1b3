// A viewer that decodes nothing and answers like a browser: reports, transport-wide feedback, NACKs.
#pragma once

#include <cstdint>
#include <vector>

#include "delays.h"
#include "peer.h"
#include "rtcp.h"
#include "track.h"

namespace load {

// From the SDP answer; 0 for what was not negotiated.
struct ViewerOptions {
  uint32_t videoSsrc = 0;
  uint32_t videoRtxSsrc = 0;
  uint32_t audioSsrc = 0;
  uint8_t transportExtension = 0;
  // Packets in a million that the viewer pretends not to have got.
  uint32_t pretendLossPpm = 0;
};

// What a group of viewers counted together.
struct Tally {
  Counters counters;
  DelayHistogram delays;
};

class Viewer : public Peer {
 public:
  Viewer(RemoteEnd remote, const DtlsIdentity& identity, const ViewerOptions& options, Tally& tally);

  // When the first media packet came; 0 before.
  int64_t firstPacketNs() const { return firstPacketNs_; }
  void tick(int64_t now) override;

 protected:
  void onRtp(uint8_t* packet, size_t length, int64_t arrivedNs) override;
  void onRtcp(uint8_t* packet, size_t length, int64_t arrivedNs) override;
  void onBadTag() override { tally_.counters.badTags++; }

 private:
  void noteTransport(const uint8_t* packet, size_t headerBytes, int64_t arrivedNs);
  void noteDelay(const uint8_t* packet, size_t length, size_t headerBytes, int64_t arrivedNs);
  void sendReports(int64_t now);
  void sendFeedback();
  void sendNacks(Track& track, int64_t now);

  ViewerOptions options_;
  Tally& tally_;
  Track tracks_[2];
  std::vector<Arrival> arrivals_;
  std::vector<uint16_t> due_;
  uint32_t dice_;
  uint16_t nextTransport_ = 0;
  bool transportSeen_ = false;
  uint8_t feedbackCount_ = 0;
  int64_t firstPacketNs_ = 0;
  int64_t reportAtNs_;
  int64_t feedbackAtNs_;
};

}  // namespace load
