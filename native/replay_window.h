#pragma once

#include <cstdint>
#include <cstring>

namespace frontrow {

// Remembers which of the last 2048 packet indices came (RFC 3711 section 3.3.2). The RFC asks for at least 64; a publisher
// without RTX repeats lost packets under their old number, up to a few hundred packets late.
class ReplayWindow {
 public:
  // The highest index so far, -1 before the first.
  int64_t highest() const { return highest_; }

  // Whether this index is new and not older than the window.
  bool accepts(int64_t index) const {
    if (index > highest_) return true;
    if (index <= highest_ - packets) return false;
    return (words_[wordOf(index)] & bitOf(index)) == 0;
  }

  // Notes an authenticated packet.
  void record(int64_t index) {
    if (index - highest_ >= packets) {
      std::memset(words_, 0, sizeof words_);
      highest_ = index;
    }
    // The slots between the old highest and the new one belong to packets that have not come yet.
    while (highest_ < index) {
      ++highest_;
      words_[wordOf(highest_)] &= ~bitOf(highest_);
    }
    words_[wordOf(index)] |= bitOf(index);
  }

 private:
  static constexpr int64_t packets = 2048;
  static uint32_t wordOf(int64_t index) { return (static_cast<uint32_t>(index) & (packets - 1)) >> 5; }
  static uint32_t bitOf(int64_t index) { return uint32_t{1} << (static_cast<uint32_t>(index) & 31); }

  uint32_t words_[packets / 32] = {};
  int64_t highest_ = -1;
};

}  // namespace frontrow
