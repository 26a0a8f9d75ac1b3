// The time of sending, written over the last bytes of a video payload. Seven bits a byte with the top bit set: a slice of
// H.264 that carries it never looks like the start code of another.
#pragma once

#include <cstddef>
#include <cstdint>

namespace load {

constexpr size_t kStampBytes = 10;
// Shorter payloads are parameter sets and the like, which must stay as they are.
constexpr size_t kStampedPayloadBytes = 100;

inline void writeStamp(uint8_t* end, int64_t ns) {
  for (size_t at = 0; at < kStampBytes; at++, ns >>= 7) *--end = static_cast<uint8_t>(0x80 | (ns & 0x7f));
}

// 0 when there is none.
inline int64_t readStamp(const uint8_t* end) {
  uint64_t ns = 0;
  for (size_t at = kStampBytes; at > 0; at--) {
    const uint8_t byte = end[-static_cast<int>(at)];
    if ((byte & 0x80) == 0) return 0;
    ns = ns << 7 | (byte & 0x7f);
  }
  return static_cast<int64_t>(ns);
}

}  // namespace load
