// AES_CM_128_HMAC_SHA1_80 (RFC 3711 sections 4.1.1 and 4.2.1).
#include <cstring>

#include "cipher.h"

namespace frontrow {
namespace {

constexpr size_t tagBytes = 10;
constexpr size_t indexBytes = 4;
constexpr size_t blockBytes = 16;
constexpr size_t digestBytes = 20;
// HMAC works on SHA-1's block of 64 bytes (RFC 2104).
constexpr size_t padBytes = 64;

// AES in counter mode under one key; encrypting and decrypting are the same.
class Keystream {
 public:
  bool open(const SessionKeys& keys) {
    std::memcpy(salt_, keys.salt, sizeof salt_);
    context_.reset(EVP_CIPHER_CTX_new());
    return context_ != nullptr &&
           EVP_EncryptInit_ex(context_.get(), EVP_aes_128_ctr(), nullptr, keys.cipherKey, nullptr) == 1;
  }

  // The counter begins at salt XOR SSRC XOR index (RFC 3711 section 4.1.1). `out` may be the input.
  bool apply(uint32_t ssrc, uint64_t index, Bytes in, uint8_t* out) {
    uint8_t counter[blockBytes] = {};
    std::memcpy(counter, salt_, sizeof salt_);
    write32(counter + 4, read32(counter + 4) ^ ssrc);
    write32(counter + 8, read32(counter + 8) ^ static_cast<uint32_t>(index >> 16));
    write16(counter + 12, read16(counter + 12) ^ static_cast<uint32_t>(index & 0xffff));
    int written = 0;
    return EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, counter) == 1 &&
           EVP_EncryptUpdate(context_.get(), out, &written, in.data, static_cast<int>(in.length)) == 1;
  }

 private:
  CipherContext context_;
  uint8_t salt_[14] = {};
};

// HMAC-SHA1 (RFC 2104) whose two padded keys are hashed once: copying a state is cheaper than hashing a block.
class HmacSha1 {
 public:
  bool open(const uint8_t* key, size_t keyBytes) {
    uint8_t pad[padBytes];
    return begin(inner_, pad, 0x36, {key, keyBytes}) && begin(outer_, pad, 0x5c, {key, keyBytes});
  }

  // Digest of the packet followed by one 32-bit word.
  void digest(Bytes packet, uint32_t word, uint8_t* into) const {
    uint8_t tail[4];
    write32(tail, word);
    SHA_CTX state = inner_;
    uint8_t hash[digestBytes];
    SHA1_Update(&state, packet.data, packet.length);
    SHA1_Update(&state, tail, sizeof tail);
    SHA1_Final(hash, &state);
    state = outer_;
    SHA1_Update(&state, hash, sizeof hash);
    SHA1_Final(into, &state);
  }

 private:
  static bool begin(SHA_CTX& state, uint8_t* pad, uint8_t filler, Bytes key) {
    std::memset(pad, filler, padBytes);
    for (size_t i = 0; i < key.length; i++) pad[i] ^= key.data[i];
    return SHA1_Init(&state) == 1 && SHA1_Update(&state, pad, padBytes) == 1;
  }

  SHA_CTX inner_ = {};
  SHA_CTX outer_ = {};
};

class CmCipher final : public PacketCipher {
 public:
  bool open(const SessionKeys& rtp, const SessionKeys& rtcp) {
    return rtp_.open(rtp) && rtcp_.open(rtcp) && rtpAuth_.open(rtp.authKey, sizeof rtp.authKey) &&
           rtcpAuth_.open(rtcp.authKey, sizeof rtcp.authKey);
  }

  size_t protectRtp(const RtpParts& parts, uint32_t rollover) override {
    uint8_t* packet = parts.packet;
    const Bytes payload{parts.payload, parts.payloadBytes};
    if (!rtp_.apply(read32(packet + 8), indexOf(packet, rollover), payload, packet + parts.headerBytes)) return 0;
    const size_t end = parts.headerBytes + parts.payloadBytes;
    uint8_t digest[digestBytes];
    rtpAuth_.digest({packet, end}, rollover, digest);
    std::memcpy(packet + end, digest, tagBytes);
    return end + tagBytes;
  }

  int unprotectRtp(uint8_t* packet, size_t length, size_t headerBytes, uint32_t rollover) override {
    if (length < headerBytes + tagBytes || length > maxPacketBytes) return -1;
    const size_t end = length - tagBytes;
    uint8_t digest[digestBytes];
    rtpAuth_.digest({packet, end}, rollover, digest);
    if (CRYPTO_memcmp(digest, packet + end, tagBytes) != 0) return -1;
    uint8_t* payload = packet + headerBytes;
    const Bytes encrypted{payload, end - headerBytes};
    if (!rtp_.apply(read32(packet + 8), indexOf(packet, rollover), encrypted, payload)) return -1;
    return static_cast<int>(end);
  }

  size_t protectRtcp(uint8_t* packet, size_t length, uint32_t index) override {
    uint8_t* body = packet + rtcpClearBytes;
    if (!rtcp_.apply(read32(packet + 4), index, {body, length - rtcpClearBytes}, body)) return 0;
    // The index word is authenticated in the place where SRTP has its rollover counter (RFC 3711 section 4.2).
    uint8_t digest[digestBytes];
    rtcpAuth_.digest({packet, length}, srtcpEncryptedFlag | index, digest);
    write32(packet + length, srtcpEncryptedFlag | index);
    std::memcpy(packet + length + indexBytes, digest, tagBytes);
    return length + indexBytes + tagBytes;
  }

  int unprotectRtcp(uint8_t* packet, size_t length, uint32_t index) override {
    if (length < rtcpClearBytes + indexBytes + tagBytes || length > maxPacketBytes) return -1;
    const size_t end = length - indexBytes - tagBytes;
    uint8_t digest[digestBytes];
    rtcpAuth_.digest({packet, end}, srtcpEncryptedFlag | index, digest);
    if (CRYPTO_memcmp(digest, packet + end + indexBytes, tagBytes) != 0) return -1;
    uint8_t* body = packet + rtcpClearBytes;
    if (!rtcp_.apply(read32(packet + 4), index, {body, end - rtcpClearBytes}, body)) return -1;
    return static_cast<int>(end);
  }

  size_t srtcpTrailerBytes() const override { return indexBytes + tagBytes; }

 private:
  static uint64_t indexOf(const uint8_t* packet, uint32_t rollover) {
    return static_cast<uint64_t>(rollover) << 16 | read16(packet + 2);
  }

  Keystream rtp_;
  Keystream rtcp_;
  HmacSha1 rtpAuth_;
  HmacSha1 rtcpAuth_;
};

}  // namespace

std::unique_ptr<PacketCipher> makeCmCipher(const SessionKeys& rtp, const SessionKeys& rtcp) {
  auto cipher = std::make_unique<CmCipher>();
  if (!cipher->open(rtp, rtcp)) return nullptr;
  return cipher;
}

}  // namespace frontrow
