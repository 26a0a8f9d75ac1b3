// Hostile SRTP and SRTCP: junk, and authentic packets with a few changes, among authentic ones.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../srtp.h"
#include "random.h"

namespace fuzz {
namespace {

using frontrow::Bytes;
using frontrow::Profile;
using frontrow::SrtpSession;

std::unique_ptr<SrtpSession> sessionOf(Profile profile, bool sender) {
  static const std::vector<uint8_t> one(16, 0x21);
  static const std::vector<uint8_t> other(16, 0x42);
  const size_t saltBytes = profile == Profile::aeadAes128Gcm ? 12 : 14;
  const Bytes oneSalt{one.data(), saltBytes};
  const Bytes otherSalt{other.data(), saltBytes};
  const Bytes oneKey{one.data(), 16};
  const Bytes otherKey{other.data(), 16};
  return sender ? SrtpSession::open({profile, oneKey, oneSalt, otherKey, otherSalt})
                : SrtpSession::open({profile, otherKey, otherSalt, oneKey, oneSalt});
}

// A plain RTP packet with some CSRCs and perhaps an extension (RFC 3550 section 5.1).
std::vector<uint8_t> plainRtp(Random& random, uint16_t sequence) {
  const uint32_t csrcs = random.oneIn(8) ? random.below(16) : 0;
  const bool extended = random.oneIn(2);
  const uint32_t extensionWords = random.below(5);
  size_t header = 12 + 4 * csrcs + (extended ? 4 + 4 * extensionWords : 0);
  std::vector<uint8_t> packet = random.bytes(header + random.below(1300));
  packet[0] = static_cast<uint8_t>(0x80 | (extended ? 0x10 : 0) | csrcs);
  frontrow::write16(packet.data() + 2, sequence);
  frontrow::write32(packet.data() + 8, 1 + random.below(3));
  if (extended) frontrow::write16(packet.data() + 12 + 4 * csrcs + 2, extensionWords);
  return packet;
}

std::vector<uint8_t> sealed(SrtpSession& sender, std::vector<uint8_t> plain, bool rtcp) {
  const size_t length = plain.size();
  plain.resize(length + frontrow::maxOverheadBytes);
  const size_t header = frontrow::rtpHeaderBytes(plain.data(), length);
  const size_t bytes = rtcp ? sender.protectRtcp(plain.data(), length)
                            : sender.protectRtp({plain.data(), header, plain.data() + header, length - header});
  plain.resize(bytes);
  return plain;
}

int unprotect(SrtpSession& receiver, const std::vector<uint8_t>& packet, bool rtcp) {
  Exact copy(packet);
  const int result = rtcp ? receiver.unprotectRtcp(copy.data(), copy.length())
                          : receiver.unprotectRtp(copy.data(), copy.length());
  const bool possible = result >= frontrow::rejectMalformed && result <= static_cast<int>(packet.size());
  const bool unchanged = packet.empty() || std::memcmp(copy.data(), packet.data(), packet.size()) == 0;
  if (possible && (result >= 0 || unchanged)) return result;
  std::fprintf(stderr, "unprotect answered %d to %zu bytes, or changed what it refused\n", result, packet.size());
  std::abort();
}

void expectRefused(int result, const char* what) {
  if (result < 0) return;
  std::fprintf(stderr, "%s was taken for authentic\n", what);
  std::abort();
}

}  // namespace

size_t unprotectInputs(Random& random, size_t inputs) {
  const Profile profiles[] = {Profile::aeadAes128Gcm, Profile::aesCm128HmacSha1_80};
  size_t done = 0;
  size_t accepted = 0;
  for (const Profile profile : profiles) {
    const auto sender = sessionOf(profile, true);
    const auto receiver = sessionOf(profile, false);
    uint16_t sequence = 65000;
    for (size_t end = done + inputs / 2; done < end;) {
      const bool rtcp = random.oneIn(3);
      sequence = static_cast<uint16_t>(sequence + 1);
      const auto plain = rtcp ? random.bytes(8 + random.below(200)) : plainRtp(random, sequence);
      const auto good = sealed(*sender, plain, rtcp);
      for (uint32_t i = random.below(12); i > 0; i--, done++) {
        const auto bad = mutated(good, random);
        if (bad != good) expectRefused(unprotect(*receiver, bad, rtcp), "a changed packet");
      }
      const auto junk = random.bytes(random.below(120));
      expectRefused(unprotect(*receiver, junk, rtcp), "junk");
      accepted += unprotect(*receiver, good, rtcp) == static_cast<int>(plain.size()) ? 1 : 0;
      expectRefused(unprotect(*receiver, good, rtcp), "a replayed packet");
      done += 3;
    }
  }
  if (accepted * 20 > done) return done;
  std::fprintf(stderr, "only %zu of %zu inputs were authentic: the run proves nothing\n", accepted, done);
  std::abort();
}

}  // namespace fuzz
