#include "rtcp.h"

#include <algorithm>
#include <cstring>

#include "bytes.h"

namespace load {
namespace {

constexpr uint8_t kSourceDescription = 202, kTransportLayerFeedback = 205;
constexpr uint8_t kNackFormat = 1, kTransportWideFormat = 15;
constexpr int64_t kDeltaUnitNs = 250'000;
constexpr int64_t kReferenceUnitNs = 64'000'000;
constexpr int kSymbolsPerChunk = 7;
// One packet tells of no more numbers than this.
constexpr int kStatusLimit = 400;

void writeHeader(uint8_t* out, uint8_t format, uint8_t type, size_t bytes) {
  out[0] = static_cast<uint8_t>(0x80 | format);
  out[1] = type;
  write16(out + 2, static_cast<uint32_t>(bytes / 4 - 1));
}

enum Symbol : uint8_t { kMissing = 0, kSmall = 1, kLarge = 2 };

// Delta of one arrival behind the one before, in units of 250 us.
Symbol writeDelta(uint8_t*& at, int64_t units) {
  if (units >= 0 && units <= 255) {
    *at++ = static_cast<uint8_t>(units);
    return kSmall;
  }
  const int64_t bounded = std::clamp<int64_t>(units, -32'768, 32'767);
  write16(at, static_cast<uint16_t>(bounded));
  at += 2;
  return kLarge;
}

}  // namespace

size_t writeSourceDescription(uint8_t* out, uint32_t ssrc) {
  static const char name[] = "loadviewer";
  constexpr size_t nameBytes = sizeof name - 1;
  // Item, its terminator, padding to a word.
  constexpr size_t bytes = (4 + 4 + 2 + nameBytes + 1 + 3) / 4 * 4;
  std::memset(out, 0, bytes);
  writeHeader(out, 1, kSourceDescription, bytes);
  write32(out + 4, ssrc);
  out[8] = 1;
  out[9] = nameBytes;
  std::memcpy(out + 10, name, nameBytes);
  return bytes;
}

size_t writeNack(uint8_t* out, uint32_t mediaSsrc, const uint16_t* sequences, size_t count) {
  size_t bytes = 12;
  for (size_t at = 0; at < count;) {
    const uint16_t packet = sequences[at++];
    uint16_t following = 0;
    for (; at < count; at++) {
      const uint16_t step = static_cast<uint16_t>(sequences[at] - packet - 1);
      if (step > 15) break;
      following |= static_cast<uint16_t>(1u << step);
    }
    write16(out + bytes, packet);
    write16(out + bytes + 2, following);
    bytes += 4;
  }
  writeHeader(out, kNackFormat, kTransportLayerFeedback, bytes);
  write32(out + 4, kReceiverSsrc);
  write32(out + 8, mediaSsrc);
  return bytes;
}

size_t writeTransportFeedback(uint8_t* out, uint32_t mediaSsrc, std::vector<Arrival>& arrivals, uint16_t& next,
                              uint8_t count) {
  const uint16_t base = next;
  const auto offset = [base](const Arrival& one) { return static_cast<int16_t>(one.sequence - base); };
  std::sort(arrivals.begin(), arrivals.end(),
            [&offset](const Arrival& a, const Arrival& b) { return offset(a) < offset(b); });
  const auto first = std::find_if(arrivals.begin(), arrivals.end(), [&](const Arrival& a) { return offset(a) >= 0; });
  if (first == arrivals.end()) return 0;
  const int statuses = std::min(kStatusLimit, static_cast<int>(offset(arrivals.back())) + 1);
  const int chunks = (statuses + kSymbolsPerChunk - 1) / kSymbolsPerChunk;
  const int64_t reference = first->atNs / kReferenceUnitNs;
  uint8_t* const chunksAt = out + 20;
  uint8_t* at = chunksAt + 2 * chunks;
  int64_t before = reference * (kReferenceUnitNs / kDeltaUnitNs);
  auto arrival = first;
  for (int chunk = 0; chunk < chunks; chunk++) {
    // Two-bit status vector.
    uint16_t word = 0xc000;
    for (int symbol = 0; symbol < kSymbolsPerChunk; symbol++) {
      const int number = chunk * kSymbolsPerChunk + symbol;
      if (number >= statuses || arrival == arrivals.end() || offset(*arrival) != number) continue;
      const int64_t units = arrival->atNs / kDeltaUnitNs;
      word |= static_cast<uint16_t>(writeDelta(at, units - before) << (2 * (6 - symbol)));
      before = units;
      while (arrival != arrivals.end() && offset(*arrival) == number) ++arrival;
    }
    write16(chunksAt + 2 * chunk, word);
  }
  size_t bytes = static_cast<size_t>(at - out);
  const size_t padding = (4 - bytes % 4) % 4;
  for (size_t pad = 0; pad < padding; pad++) out[bytes++] = static_cast<uint8_t>(pad + 1 == padding ? padding : 0);
  writeHeader(out, kTransportWideFormat, kTransportLayerFeedback, bytes);
  if (padding > 0) out[0] |= 0x20;
  write32(out + 4, kReceiverSsrc);
  write32(out + 8, mediaSsrc);
  write16(out + 12, base);
  write16(out + 14, static_cast<uint32_t>(statuses));
  write32(out + 16, static_cast<uint32_t>(reference & 0xffffff) << 8 | count);
  next = static_cast<uint16_t>(base + statuses);
  arrivals.erase(arrivals.begin(), arrival);
  return bytes;
}

}  // namespace load
