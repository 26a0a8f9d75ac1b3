// SRTP and SRTCP of one peer (RFC 3711, RFC 7714). Needs libcrypto (openssl.h) and nothing else, so that a load-test
// client can be built with it too: srtp.cc, gcm.cc and cm.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cipher.h"
#include "replay_window.h"

namespace frontrow {

// Why a protected packet was refused; negative, so that one number tells a length or a reason.
enum Rejection : int { rejectAuth = -1, rejectReplay = -2, rejectSsrcLimit = -3, rejectMalformed = -4 };

// Master keys of both directions: 16 bytes each, salts of 12 (GCM) or 14 (CM) bytes.
struct MasterKeys {
  Profile profile;
  Bytes localKey;
  Bytes localSalt;
  Bytes remoteKey;
  Bytes remoteSalt;
};

// Length of the RTP header with CSRCs and extension block (RFC 3550 section 5.1), or 0 when the packet has none.
size_t rtpHeaderBytes(const uint8_t* packet, size_t length);

// Both directions of one peer: the only owner of every rollover counter and index.
class SrtpSession {
 public:
  // Null when a key has the wrong length or OpenSSL refuses.
  static std::unique_ptr<SrtpSession> open(const MasterKeys& keys);

  // Protects a packet whose header is written; see PacketCipher::protectRtp. The protected length; 0 when there are more
  // outgoing SSRCs than a session has tracks, or OpenSSL failed.
  size_t protectRtp(const RtpParts& parts);
  // Protects a compound of at least 8 bytes in place. The protected length, or 0.
  size_t protectRtcp(uint8_t* packet, size_t length);
  // Decrypts in place. The plain length or a Rejection; state is kept only for packets that were authentic.
  int unprotectRtp(uint8_t* packet, size_t length);
  int unprotectRtcp(uint8_t* packet, size_t length);

 private:
  struct Outgoing {
    uint32_t ssrc;
    int64_t highest;
  };
  struct Incoming {
    uint32_t ssrc;
    ReplayWindow rtp;
    ReplayWindow rtcp;
  };

  Outgoing* outgoing(uint32_t ssrc, uint16_t sequence);
  Incoming* incoming(uint32_t ssrc);
  Incoming* openIncoming(uint32_t ssrc);
  int unprotectSecondCycle(uint8_t* packet, size_t length, size_t headerBytes);

  std::unique_ptr<PacketCipher> protect_;
  std::unique_ptr<PacketCipher> unprotect_;
  std::vector<Outgoing> outgoing_;
  std::vector<std::unique_ptr<Incoming>> incoming_;
  uint32_t srtcpIndex_ = 0;
};

}  // namespace frontrow
