// SRTP and SRTCP with AES-128-GCM (RFC 7714), written anew so that the gateway's engines are judged by other code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "openssl.h"

namespace load {

constexpr size_t kTagBytes = 16;
// Tag and index of an SRTCP packet.
constexpr size_t kRtcpTrailerBytes = kTagBytes + 4;

// Length of an RTP header with its CSRCs and extension block; 0 when the packet is too short for it.
size_t rtpHeaderBytes(const uint8_t* packet, size_t length);

// One direction of a session.
class SrtpDirection {
 public:
  SrtpDirection() = default;
  SrtpDirection(const SrtpDirection&) = delete;
  SrtpDirection& operator=(const SrtpDirection&) = delete;
  ~SrtpDirection();

  void setKeys(const uint8_t masterKey[16], const uint8_t masterSalt[12], bool encrypts);

  // All work in place; the result is the new length, 0 when the tag is wrong. Room for tag and index is the caller's.
  size_t protectRtp(uint8_t* packet, size_t length);
  size_t unprotectRtp(uint8_t* packet, size_t length);
  size_t protectRtcp(uint8_t* packet, size_t length);
  size_t unprotectRtcp(uint8_t* packet, size_t length);

 private:
  struct Source {
    bool seen = false;
    // Rollover counter and sequence number of the newest packet.
    uint32_t rollover = 0;
    uint16_t highest = 0;
  };

  uint32_t guessRollover(const Source& source, uint16_t sequence) const;
  static void advance(Source& source, uint32_t rollover, uint16_t sequence);

  EVP_CIPHER_CTX* rtp_ = nullptr;
  EVP_CIPHER_CTX* rtcp_ = nullptr;
  uint8_t rtpSalt_[12] = {};
  uint8_t rtcpSalt_[12] = {};
  uint32_t rtcpIndex_ = 0;
  std::unordered_map<uint32_t, Source> sources_;
};

}  // namespace load
