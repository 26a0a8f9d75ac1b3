// RTCP that a viewer writes: reports, NACKs, transport-wide feedback.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace load {

// When each transport-wide number came.
struct Arrival {
  uint16_t sequence;
  int64_t atNs;
};

// Browsers that only receive speak under this SSRC.
constexpr uint32_t kReceiverSsrc = 1;
constexpr size_t kRtcpRoomBytes = 1'400;

// Source description with a canonical name (RFC 3550 section 6.5), obligatory in compound packets.
size_t writeSourceDescription(uint8_t* out, uint32_t ssrc);

// Generic NACK (RFC 4585 section 6.2.1) for ascending sequence numbers.
size_t writeNack(uint8_t* out, uint32_t mediaSsrc, const uint16_t* sequences, size_t count);

// Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1). `arrivals` is put in order;
// `next` is the first number not yet told of and is moved on.
size_t writeTransportFeedback(uint8_t* out, uint32_t mediaSsrc, std::vector<Arrival>& arrivals, uint16_t& next,
                              uint8_t count);

}  // namespace load
