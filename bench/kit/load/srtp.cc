#include "srtp.h"

#include <cstring>

#include "bytes.h"

namespace load {
namespace {

constexpr uint8_t kRtpKeyLabel = 0, kRtpSaltLabel = 2, kRtcpKeyLabel = 3, kRtcpSaltLabel = 5;

// Key derivation of RFC 3711 section 4.3, the 96-bit salt padded as RFC 7714 section 11 says. One block is enough.
void derive(const uint8_t key[16], const uint8_t salt[12], uint8_t label, uint8_t* out, size_t bytes) {
  uint8_t counter[16] = {};
  std::memcpy(counter, salt, 12);
  counter[7] ^= label;
  uint8_t block[32];
  int written = 0;
  EVP_CIPHER_CTX* aes = EVP_CIPHER_CTX_new();
  EVP_CipherInit_ex(aes, EVP_aes_128_ecb(), nullptr, key, nullptr, 1);
  EVP_CipherUpdate(aes, block, &written, counter, 16);
  EVP_CIPHER_CTX_free(aes);
  std::memcpy(out, block, bytes);
}

EVP_CIPHER_CTX* openCipher(const uint8_t key[16], bool encrypts) {
  EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
  EVP_CipherInit_ex(cipher, EVP_aes_128_gcm(), nullptr, key, nullptr, encrypts ? 1 : 0);
  return cipher;
}

void seal(EVP_CIPHER_CTX* cipher, uint8_t* text, size_t bytes, uint8_t* tag) {
  int written = 0;
  EVP_CipherUpdate(cipher, text, &written, text, static_cast<int>(bytes));
  EVP_CipherFinal_ex(cipher, text + written, &written);
  EVP_CIPHER_CTX_ctrl(cipher, kGcmGetTag, kTagBytes, tag);
}

void begin(EVP_CIPHER_CTX* cipher, const uint8_t iv[12], const uint8_t* associated, size_t bytes) {
  int written = 0;
  EVP_CipherInit_ex(cipher, nullptr, nullptr, nullptr, iv, -1);
  EVP_CipherUpdate(cipher, nullptr, &written, associated, static_cast<int>(bytes));
}

bool open(EVP_CIPHER_CTX* cipher, uint8_t* text, size_t bytes, uint8_t* tag) {
  int written = 0;
  EVP_CipherUpdate(cipher, text, &written, text, static_cast<int>(bytes));
  EVP_CIPHER_CTX_ctrl(cipher, kGcmSetTag, kTagBytes, tag);
  return EVP_CipherFinal_ex(cipher, text + written, &written) == 1;
}

// RFC 7714 section 8.1: two zero bytes, SSRC, rollover counter, sequence number, all masked by the salt.
void rtpIv(const uint8_t salt[12], uint32_t ssrc, uint32_t rollover, uint16_t sequence, uint8_t iv[12]) {
  write16(iv, 0);
  write32(iv + 2, ssrc);
  write32(iv + 6, rollover);
  write16(iv + 10, sequence);
  for (int at = 0; at < 12; at++) iv[at] ^= salt[at];
}

// RFC 7714 section 9.1: two zero bytes, SSRC, two zero bytes, index, masked by the salt.
void rtcpIv(const uint8_t salt[12], uint32_t ssrc, uint32_t index, uint8_t iv[12]) {
  write16(iv, 0);
  write32(iv + 2, ssrc);
  write16(iv + 6, 0);
  write32(iv + 8, index);
  for (int at = 0; at < 12; at++) iv[at] ^= salt[at];
}

}  // namespace

size_t rtpHeaderBytes(const uint8_t* packet, size_t length) {
  if (length < 12) return 0;
  size_t bytes = 12 + 4 * static_cast<size_t>(packet[0] & 0x0f);
  if ((packet[0] & 0x10) != 0) {
    if (length < bytes + 4) return 0;
    bytes += 4 + 4 * static_cast<size_t>(read16(packet + bytes + 2));
  }
  return bytes <= length ? bytes : 0;
}

SrtpDirection::~SrtpDirection() {
  EVP_CIPHER_CTX_free(rtp_);
  EVP_CIPHER_CTX_free(rtcp_);
}

void SrtpDirection::setKeys(const uint8_t masterKey[16], const uint8_t masterSalt[12], bool encrypts) {
  uint8_t key[16];
  derive(masterKey, masterSalt, kRtpKeyLabel, key, 16);
  rtp_ = openCipher(key, encrypts);
  derive(masterKey, masterSalt, kRtcpKeyLabel, key, 16);
  rtcp_ = openCipher(key, encrypts);
  derive(masterKey, masterSalt, kRtpSaltLabel, rtpSalt_, 12);
  derive(masterKey, masterSalt, kRtcpSaltLabel, rtcpSalt_, 12);
}

uint32_t SrtpDirection::guessRollover(const Source& source, uint16_t sequence) const {
  if (!source.seen) return 0;
  const int step = static_cast<int>(sequence) - source.highest;
  if (step < -0x8000) return source.rollover + 1;
  if (step > 0x8000 && source.rollover > 0) return source.rollover - 1;
  return source.rollover;
}

void SrtpDirection::advance(Source& source, uint32_t rollover, uint16_t sequence) {
  const bool newer = rollover > source.rollover || (rollover == source.rollover && sequence > source.highest);
  if (source.seen && !newer) return;
  source = {true, rollover, sequence};
}

size_t SrtpDirection::protectRtp(uint8_t* packet, size_t length) {
  const size_t header = rtpHeaderBytes(packet, length);
  if (header == 0) return 0;
  const uint32_t ssrc = read32(packet + 8);
  const uint16_t sequence = read16(packet + 2);
  Source& source = sources_[ssrc];
  const uint32_t rollover = guessRollover(source, sequence);
  advance(source, rollover, sequence);
  uint8_t iv[12];
  rtpIv(rtpSalt_, ssrc, rollover, sequence, iv);
  begin(rtp_, iv, packet, header);
  seal(rtp_, packet + header, length - header, packet + length);
  return length + kTagBytes;
}

size_t SrtpDirection::unprotectRtp(uint8_t* packet, size_t length) {
  const size_t header = rtpHeaderBytes(packet, length);
  if (header == 0 || length < header + kTagBytes) return 0;
  const uint32_t ssrc = read32(packet + 8);
  const uint16_t sequence = read16(packet + 2);
  Source& source = sources_[ssrc];
  const uint32_t rollover = guessRollover(source, sequence);
  uint8_t iv[12];
  rtpIv(rtpSalt_, ssrc, rollover, sequence, iv);
  begin(rtp_, iv, packet, header);
  const size_t plain = length - kTagBytes;
  if (!open(rtp_, packet + header, plain - header, packet + plain)) return 0;
  advance(source, rollover, sequence);
  return plain;
}

size_t SrtpDirection::protectRtcp(uint8_t* packet, size_t length) {
  const uint32_t index = rtcpIndex_++ & 0x7fffffff;
  uint8_t iv[12];
  uint8_t associated[12];
  std::memcpy(associated, packet, 8);
  write32(associated + 8, index | 0x80000000);
  rtcpIv(rtcpSalt_, read32(packet + 4), index, iv);
  begin(rtcp_, iv, associated, sizeof associated);
  seal(rtcp_, packet + 8, length - 8, packet + length);
  write32(packet + length + kTagBytes, index | 0x80000000);
  return length + kRtcpTrailerBytes;
}

size_t SrtpDirection::unprotectRtcp(uint8_t* packet, size_t length) {
  if (length < 8 + kRtcpTrailerBytes) return 0;
  const size_t plain = length - kRtcpTrailerBytes;
  const uint32_t word = read32(packet + length - 4);
  uint8_t iv[12];
  uint8_t associated[12];
  std::memcpy(associated, packet, 8);
  write32(associated + 8, word);
  rtcpIv(rtcpSalt_, read32(packet + 4), word & 0x7fffffff, iv);
  begin(rtcp_, iv, associated, sizeof associated);
  return open(rtcp_, packet + 8, plain - 8, packet + plain) ? plain : 0;
}

}  // namespace load
