#include "srtp.h"

#include <cstring>

namespace frontrow {
namespace {

// Contexts a peer may open by sending authentic packets under new SSRCs: four layers with RTX, audio, and restarts.
constexpr size_t maxIncomingSsrcs = 64;
// Our own SSRCs towards one peer: media and RTX of two tracks, doubled for safety. Beyond it, something is broken.
constexpr size_t maxOutgoingSsrcs = 64;
constexpr uint32_t srtcpIndexMask = 0x7fffffff;
constexpr int64_t cycle = 0x10000;
constexpr size_t masterKeyBytes = 16;

// The index nearest to the highest one that ends in this sequence number (RFC 3711 section 3.3.1, appendix A).
int64_t nearestIndex(int64_t highest, uint16_t sequence) {
  const auto distance = static_cast<int16_t>(static_cast<uint16_t>(sequence - static_cast<uint16_t>(highest)));
  const int64_t index = highest + distance;
  // Before the first rollover there is no earlier cycle.
  return index < 0 ? index + cycle : index;
}

uint32_t rolloverOf(int64_t index) { return static_cast<uint32_t>(index >> 16); }

// One output of the key derivation of RFC 3711 section 4.3.3 with a key derivation rate of 0: AES in counter mode under
// the master key. A 96-bit GCM salt counts as 112 bits with zeros on the right (RFC 7714 section 11).
bool derive(Bytes masterKey, Bytes masterSalt, uint8_t label, uint8_t* out, size_t outBytes) {
  uint8_t counter[16] = {};
  std::memcpy(counter, masterSalt.data, masterSalt.length);
  counter[7] ^= label;
  std::memset(out, 0, outBytes);
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  return context != nullptr &&
         EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, masterKey.data, counter) == 1 &&
         EVP_EncryptUpdate(context.get(), out, &written, out, static_cast<int>(outBytes)) == 1;
}

bool deriveSet(Bytes key, Bytes salt, uint8_t firstLabel, SessionKeys& into) {
  std::memset(&into, 0, sizeof into);
  return derive(key, salt, firstLabel, into.cipherKey, sizeof into.cipherKey) &&
         derive(key, salt, static_cast<uint8_t>(firstLabel + 1), into.authKey, sizeof into.authKey) &&
         derive(key, salt, static_cast<uint8_t>(firstLabel + 2), into.salt, salt.length);
}

std::unique_ptr<PacketCipher> makeCipher(Profile profile, Bytes key, Bytes salt, Direction direction) {
  // The number comes from outside and may be neither.
  if (profile != Profile::aeadAes128Gcm && profile != Profile::aesCm128HmacSha1_80) return nullptr;
  const size_t saltBytes = profile == Profile::aeadAes128Gcm ? 12 : 14;
  if (key.length != masterKeyBytes || salt.length != saltBytes) return nullptr;
  SessionKeys rtp;
  SessionKeys rtcp;
  if (!deriveSet(key, salt, 0, rtp) || !deriveSet(key, salt, 3, rtcp)) return nullptr;
  return profile == Profile::aeadAes128Gcm ? makeGcmCipher(rtp, rtcp, direction) : makeCmCipher(rtp, rtcp);
}

}  // namespace

size_t rtpHeaderBytes(const uint8_t* packet, size_t length) {
  if (length < 12 || packet[0] >> 6 != 2) return 0;
  size_t end = 12 + 4 * static_cast<size_t>(packet[0] & 0x0f);
  if ((packet[0] & 0x10) != 0) {
    if (end + 4 > length) return 0;
    end += 4 + 4 * static_cast<size_t>(read16(packet + end + 2));
  }
  return end <= length ? end : 0;
}

std::unique_ptr<SrtpSession> SrtpSession::open(const MasterKeys& keys) {
  auto session = std::make_unique<SrtpSession>();
  session->protect_ = makeCipher(keys.profile, keys.localKey, keys.localSalt, Direction::protect);
  session->unprotect_ = makeCipher(keys.profile, keys.remoteKey, keys.remoteSalt, Direction::unprotect);
  if (session->protect_ == nullptr || session->unprotect_ == nullptr) return nullptr;
  return session;
}

size_t SrtpSession::protectRtp(const RtpParts& parts) {
  const uint16_t sequence = read16(parts.packet + 2);
  Outgoing* source = outgoing(read32(parts.packet + 8), sequence);
  if (source == nullptr) return 0;
  const int64_t index = nearestIndex(source->highest, sequence);
  if (index > source->highest) source->highest = index;
  return protect_->protectRtp(parts, rolloverOf(index));
}

size_t SrtpSession::protectRtcp(uint8_t* packet, size_t length) {
  if (length < rtcpClearBytes) return 0;
  srtcpIndex_ = (srtcpIndex_ + 1) & srtcpIndexMask;
  return protect_->protectRtcp(packet, length, srtcpIndex_);
}

int SrtpSession::unprotectRtp(uint8_t* packet, size_t length) {
  const size_t headerBytes = rtpHeaderBytes(packet, length);
  if (headerBytes == 0) return rejectMalformed;
  const uint32_t ssrc = read32(packet + 8);
  const uint16_t sequence = read16(packet + 2);
  Incoming* known = incoming(ssrc);
  if (known == nullptr && incoming_.size() >= maxIncomingSsrcs) return rejectSsrcLimit;
  const int64_t highest = known == nullptr ? -1 : known->rtp.highest();
  const int64_t index = highest < 0 ? sequence : nearestIndex(highest, sequence);
  if (known != nullptr && !known->rtp.accepts(index)) return rejectReplay;
  const int plain = unprotect_->unprotectRtp(packet, length, headerBytes, rolloverOf(index));
  if (plain >= 0) {
    (known != nullptr ? known : openIncoming(ssrc))->rtp.record(index);
    return plain;
  }
  return highest < 0 && sequence < 0x8000 ? unprotectSecondCycle(packet, length, headerBytes) : rejectAuth;
}

// Some senders begin anywhere, also just below 2^16. When what they send before the rollover is lost, every later packet
// belongs to the second cycle, and taking it for the first would refuse them all for good.
int SrtpSession::unprotectSecondCycle(uint8_t* packet, size_t length, size_t headerBytes) {
  const int plain = unprotect_->unprotectRtp(packet, length, headerBytes, 1);
  if (plain < 0) return rejectAuth;
  const uint32_t ssrc = read32(packet + 8);
  // Its reports may have come first.
  Incoming* known = incoming(ssrc);
  (known != nullptr ? known : openIncoming(ssrc))->rtp.record(cycle + read16(packet + 2));
  return plain;
}

int SrtpSession::unprotectRtcp(uint8_t* packet, size_t length) {
  const size_t trailerBytes = unprotect_->srtcpTrailerBytes();
  if (length < trailerBytes + rtcpClearBytes) return rejectMalformed;
  const uint32_t indexWord = read32(packet + length - trailerBytes);
  // WebRTC never negotiates clear SRTCP (RFC 8834 section 7.1 asks for encryption), so a clear packet is none of ours.
  if ((indexWord & srtcpEncryptedFlag) == 0) return rejectMalformed;
  const uint32_t index = indexWord & srtcpIndexMask;
  const uint32_t ssrc = read32(packet + 4);
  Incoming* known = incoming(ssrc);
  if (known == nullptr && incoming_.size() >= maxIncomingSsrcs) return rejectSsrcLimit;
  if (known != nullptr && !known->rtcp.accepts(index)) return rejectReplay;
  const int plain = unprotect_->unprotectRtcp(packet, length, index);
  if (plain < 0) return rejectAuth;
  (known != nullptr ? known : openIncoming(ssrc))->rtcp.record(index);
  return plain;
}

SrtpSession::Outgoing* SrtpSession::outgoing(uint32_t ssrc, uint16_t sequence) {
  for (Outgoing& source : outgoing_) {
    if (source.ssrc == ssrc) return &source;
  }
  if (outgoing_.size() >= maxOutgoingSsrcs) return nullptr;
  outgoing_.push_back({ssrc, sequence});
  return &outgoing_.back();
}

SrtpSession::Incoming* SrtpSession::incoming(uint32_t ssrc) {
  for (const auto& source : incoming_) {
    if (source->ssrc == ssrc) return source.get();
  }
  return nullptr;
}

SrtpSession::Incoming* SrtpSession::openIncoming(uint32_t ssrc) {
  incoming_.push_back(std::make_unique<Incoming>());
  incoming_.back()->ssrc = ssrc;
  return incoming_.back().get();
}

}  // namespace frontrow
