#include "stun.h"

#include <cstring>

#include "bytes.h"
#include "openssl.h"

namespace load {
namespace {

constexpr uint16_t kBindingRequest = 0x0001, kBindingSuccess = 0x0101;
constexpr uint16_t kUsername = 0x0006, kMessageIntegrity = 0x0008, kPriority = 0x0024, kUseCandidate = 0x0025;
constexpr uint16_t kFingerprint = 0x8028, kIceControlling = 0x802a;
constexpr uint32_t kMagicCookie = 0x2112a442, kFingerprintMask = 0x5354554e;
constexpr size_t kHeaderBytes = 20, kIntegrityBytes = 24, kFingerprintBytes = 8;

uint32_t crc32(const uint8_t* data, size_t length) {
  uint32_t crc = 0xffffffff;
  for (size_t at = 0; at < length; at++) {
    crc ^= data[at];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
  }
  return ~crc;
}

size_t putAttribute(uint8_t* out, uint16_t type, const void* value, size_t length) {
  const size_t padded = (length + 3) & ~size_t{3};
  write16(out, type);
  write16(out + 2, static_cast<uint32_t>(length));
  std::memset(out + 4, 0, padded);
  std::memcpy(out + 4, value, length);
  return 4 + padded;
}

// The length field counts up to and with the attribute that is being computed (RFC 8489 section 14.5).
void integrityOf(const std::string& password, uint8_t* message, size_t before, uint8_t digest[20]) {
  write16(message + 2, static_cast<uint32_t>(before + kIntegrityBytes - kHeaderBytes));
  unsigned int bytes = 20;
  HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()), message, before, digest, &bytes);
}

}  // namespace

size_t writeBindingRequest(const IceNames& names, const uint8_t transaction[kTransactionBytes], uint8_t* out) {
  write16(out, kBindingRequest);
  write32(out + 4, kMagicCookie);
  std::memcpy(out + 8, transaction, kTransactionBytes);
  size_t length = kHeaderBytes;
  const std::string username = names.remoteUfrag + ":" + names.localUfrag;
  length += putAttribute(out + length, kUsername, username.data(), username.size());
  uint8_t priority[4];
  write32(priority, 0x6e7f1eff);
  length += putAttribute(out + length, kPriority, priority, sizeof priority);
  length += putAttribute(out + length, kIceControlling, transaction, 8);
  length += putAttribute(out + length, kUseCandidate, transaction, 0);
  uint8_t digest[20];
  integrityOf(names.remotePassword, out, length, digest);
  length += putAttribute(out + length, kMessageIntegrity, digest, sizeof digest);
  write16(out + 2, static_cast<uint32_t>(length + kFingerprintBytes - kHeaderBytes));
  uint8_t fingerprint[4];
  write32(fingerprint, crc32(out, length) ^ kFingerprintMask);
  return length + putAttribute(out + length, kFingerprint, fingerprint, sizeof fingerprint);
}

bool isBindingResponse(const IceNames& names, const uint8_t transaction[kTransactionBytes], const uint8_t* data,
                       size_t length) {
  if (length < kHeaderBytes || length > kStunRoomBytes || read16(data) != kBindingSuccess) return false;
  if (std::memcmp(data + 8, transaction, kTransactionBytes) != 0) return false;
  for (size_t at = kHeaderBytes; at + 4 <= length;) {
    const size_t bytes = read16(data + at + 2);
    if (at + 4 + bytes > length) return false;
    if (read16(data + at) == kMessageIntegrity && bytes == 20) {
      uint8_t copy[kStunRoomBytes];
      uint8_t digest[20];
      std::memcpy(copy, data, at);
      integrityOf(names.remotePassword, copy, at, digest);
      return std::memcmp(digest, data + at + 4, sizeof digest) == 0;
    }
    at += 4 + ((bytes + 3) & ~size_t{3});
  }
  return false;
}

}  // namespace load
