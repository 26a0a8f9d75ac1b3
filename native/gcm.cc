// AEAD_AES_128_GCM (RFC 7714). A context is keyed once for its life; a packet only sets the IV, which saves the key
// schedule and the multiplication tables.
#include <cstring>

#include "cipher.h"

namespace frontrow {
namespace {

constexpr size_t ivBytes = 12;
constexpr size_t tagBytes = 16;
constexpr size_t indexBytes = 4;

void xorSalt(uint8_t* iv, const uint8_t* salt) {
  for (size_t i = 0; i < ivBytes; i++) iv[i] ^= salt[i];
}

// One key in one direction.
class GcmKey {
 public:
  bool open(const SessionKeys& keys, Direction direction) {
    std::memcpy(salt_, keys.salt, ivBytes);
    context_.reset(EVP_CIPHER_CTX_new());
    if (context_ == nullptr) return false;
    const auto init = direction == Direction::protect ? EVP_EncryptInit_ex : EVP_DecryptInit_ex;
    return init(context_.get(), EVP_aes_128_gcm(), nullptr, keys.cipherKey, nullptr) == 1;
  }

  // RFC 7714 section 8.1: zero, SSRC, rollover counter, sequence number; XORed with the salt.
  void rtpIv(uint8_t* iv, const uint8_t* packet, uint32_t rollover) const {
    write16(iv, 0);
    std::memcpy(iv + 2, packet + 8, 4);
    write32(iv + 6, rollover);
    std::memcpy(iv + 10, packet + 2, 2);
    xorSalt(iv, salt_);
  }

  // RFC 7714 section 9.1: zero, SSRC, zero, index; XORed with the salt.
  void rtcpIv(uint8_t* iv, const uint8_t* packet, uint32_t index) const {
    std::memset(iv, 0, ivBytes);
    std::memcpy(iv + 2, packet + 4, 4);
    write32(iv + 8, index);
    xorSalt(iv, salt_);
  }

  // Encrypts `in` to `out`, which may be the same, and writes the tag behind.
  bool seal(const uint8_t* iv, Bytes associated, Bytes in, uint8_t* out) {
    EVP_CIPHER_CTX* context = context_.get();
    int written = 0;
    return EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, iv) == 1 &&
           EVP_EncryptUpdate(context, nullptr, &written, associated.data, static_cast<int>(associated.length)) == 1 &&
           EVP_EncryptUpdate(context, out, &written, in.data, static_cast<int>(in.length)) == 1 &&
           EVP_EncryptFinal_ex(context, out + in.length, &written) == 1 &&
           EVP_CIPHER_CTX_ctrl(context, evpCtrlGetTag, tagBytes, out + in.length) == 1;
  }

  // Decrypts `in` in place when `tag` is right. GCM shows plaintext before it knows that, so it goes through a scratch.
  bool unseal(const uint8_t* iv, Bytes associated, Bytes in, const uint8_t* tag) {
    static thread_local uint8_t plain[maxPacketBytes];
    EVP_CIPHER_CTX* context = context_.get();
    int written = 0;
    if (EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, iv) != 1 ||
        EVP_DecryptUpdate(context, nullptr, &written, associated.data, static_cast<int>(associated.length)) != 1 ||
        EVP_DecryptUpdate(context, plain, &written, in.data, static_cast<int>(in.length)) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, evpCtrlSetTag, tagBytes, const_cast<uint8_t*>(tag)) != 1 ||
        EVP_DecryptFinal_ex(context, plain + in.length, &written) != 1) {
      return false;
    }
    std::memcpy(const_cast<uint8_t*>(in.data), plain, in.length);
    return true;
  }

 private:
  CipherContext context_;
  uint8_t salt_[ivBytes] = {};
};

class GcmCipher final : public PacketCipher {
 public:
  bool open(const SessionKeys& rtp, const SessionKeys& rtcp, Direction direction) {
    return rtp_.open(rtp, direction) && rtcp_.open(rtcp, direction);
  }

  size_t protectRtp(const RtpParts& parts, uint32_t rollover) override {
    uint8_t iv[ivBytes];
    rtp_.rtpIv(iv, parts.packet, rollover);
    const Bytes header{parts.packet, parts.headerBytes};
    const Bytes payload{parts.payload, parts.payloadBytes};
    if (!rtp_.seal(iv, header, payload, parts.packet + parts.headerBytes)) return 0;
    return parts.headerBytes + parts.payloadBytes + tagBytes;
  }

  int unprotectRtp(uint8_t* packet, size_t length, size_t headerBytes, uint32_t rollover) override {
    if (length < headerBytes + tagBytes || length > maxPacketBytes) return -1;
    const size_t end = length - tagBytes;
    uint8_t iv[ivBytes];
    rtp_.rtpIv(iv, packet, rollover);
    const Bytes encrypted{packet + headerBytes, end - headerBytes};
    if (!rtp_.unseal(iv, {packet, headerBytes}, encrypted, packet + end)) return -1;
    return static_cast<int>(end);
  }

  size_t protectRtcp(uint8_t* packet, size_t length, uint32_t index) override {
    uint8_t iv[ivBytes];
    uint8_t associated[rtcpClearBytes + indexBytes];
    prepareRtcp(packet, index, iv, associated);
    uint8_t* body = packet + rtcpClearBytes;
    if (!rtcp_.seal(iv, {associated, sizeof associated}, {body, length - rtcpClearBytes}, body)) return 0;
    write32(packet + length + tagBytes, srtcpEncryptedFlag | index);
    return length + tagBytes + indexBytes;
  }

  int unprotectRtcp(uint8_t* packet, size_t length, uint32_t index) override {
    if (length < rtcpClearBytes + tagBytes + indexBytes || length > maxPacketBytes) return -1;
    const size_t end = length - tagBytes - indexBytes;
    uint8_t iv[ivBytes];
    uint8_t associated[rtcpClearBytes + indexBytes];
    prepareRtcp(packet, index, iv, associated);
    const Bytes encrypted{packet + rtcpClearBytes, end - rtcpClearBytes};
    if (!rtcp_.unseal(iv, {associated, sizeof associated}, encrypted, packet + end)) return -1;
    return static_cast<int>(end);
  }

  size_t srtcpTrailerBytes() const override { return indexBytes; }

 private:
  // RFC 7714 section 9.2: the associated data is the clear part of the header and the index word.
  void prepareRtcp(const uint8_t* packet, uint32_t index, uint8_t* iv, uint8_t* associated) const {
    rtcp_.rtcpIv(iv, packet, index);
    std::memcpy(associated, packet, rtcpClearBytes);
    write32(associated + rtcpClearBytes, srtcpEncryptedFlag | index);
  }

  GcmKey rtp_;
  GcmKey rtcp_;
};

}  // namespace

std::unique_ptr<PacketCipher> makeGcmCipher(const SessionKeys& rtp, const SessionKeys& rtcp, Direction direction) {
  auto cipher = std::make_unique<GcmCipher>();
  if (!cipher->open(rtp, rtcp, direction)) return nullptr;
  return cipher;
}

}  // namespace frontrow
