// One direction's transform of an SRTP profile: given the packet index, it encrypts and authenticates. It keeps no index
// and no window; srtp.cc does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "bytes.h"
#include "openssl.h"

namespace frontrow {

// The two profiles that WebRTC negotiates; the numbers are those of RFC 5764 section 4.1.2 and RFC 7714 section 14.2.
enum class Profile : uint32_t { aesCm128HmacSha1_80 = 1, aeadAes128Gcm = 7 };

// The largest packet that is protected or unprotected: beyond any UDP path's MTU.
constexpr size_t maxPacketBytes = 4096;
// What protection adds at most: GCM's tag and the SRTCP index word.
constexpr size_t maxOverheadBytes = 20;
// The part of an RTCP packet that stays in the clear: header and sender SSRC (RFC 3711 section 3.4).
constexpr size_t rtcpClearBytes = 8;
// The E flag of the SRTCP index word: this packet is encrypted.
constexpr uint32_t srtcpEncryptedFlag = 0x80000000;

// Session keys of one direction and one protocol (RFC 3711 section 4.3).
struct SessionKeys {
  uint8_t cipherKey[16];
  uint8_t authKey[20];
  uint8_t salt[14];
};

// An RTP packet in two parts: `packet` holds the header, the payload may lie elsewhere or right behind it.
struct RtpParts {
  uint8_t* packet;
  size_t headerBytes;
  const uint8_t* payload;
  size_t payloadBytes;
};

class PacketCipher {
 public:
  virtual ~PacketCipher() = default;
  // Writes encrypted payload and tag behind the header; `packet` has room for payload and overhead. The protected
  // length, or 0 when OpenSSL failed.
  virtual size_t protectRtp(const RtpParts& parts, uint32_t rollover) = 0;
  // Decrypts in place; the plain length, or -1 when the tag is wrong (then the packet is unchanged).
  virtual int unprotectRtp(uint8_t* packet, size_t length, size_t headerBytes, uint32_t rollover) = 0;
  // Encrypts a compound of `length` bytes in place; there is room behind. The protected length, or 0.
  virtual size_t protectRtcp(uint8_t* packet, size_t length, uint32_t index) = 0;
  virtual int unprotectRtcp(uint8_t* packet, size_t length, uint32_t index) = 0;
  // Bytes at the end of a protected RTCP packet, from the word with E flag and index on.
  virtual size_t srtcpTrailerBytes() const = 0;
};

struct FreeCipherContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipherContext>;

enum class Direction { protect, unprotect };

// Null when OpenSSL has not the cipher or no memory.
std::unique_ptr<PacketCipher> makeGcmCipher(const SessionKeys& rtp, const SessionKeys& rtcp, Direction direction);
std::unique_ptr<PacketCipher> makeCmCipher(const SessionKeys& rtp, const SessionKeys& rtcp);

}  // namespace frontrow
