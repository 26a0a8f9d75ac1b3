// A small generator that gives the same numbers everywhere (xorshift64*): a failure can be repeated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "../bytes.h"

namespace fuzz {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed | 1) {}

  uint32_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<uint32_t>(state_ * 0x2545f4914f6cdd1du >> 32);
  }
  uint32_t below(uint32_t bound) { return next() % bound; }
  bool oneIn(uint32_t chances) { return below(chances) == 0; }
  std::vector<uint8_t> bytes(size_t length) {
    std::vector<uint8_t> made(length);
    for (uint8_t& byte : made) byte = static_cast<uint8_t>(next());
    return made;
  }

 private:
  uint64_t state_;
};

// A copy in memory of exactly its size, so that reading one byte too many is seen.
class Exact {
 public:
  explicit Exact(const std::vector<uint8_t>& from) : length_(from.size()), data_(new uint8_t[from.size()]) {
    for (size_t i = 0; i < length_; i++) data_[i] = from[i];
  }
  uint8_t* data() { return data_.get(); }
  size_t length() const { return length_; }
  frontrow::Bytes view() const { return {data_.get(), length_}; }

 private:
  size_t length_;
  std::unique_ptr<uint8_t[]> data_;
};

// Changes bits, cuts off, appends: mostly one of them, so that what remains is nearly right.
inline std::vector<uint8_t> mutated(std::vector<uint8_t> packet, Random& random) {
  const uint32_t changes = 1 + random.below(3);
  for (uint32_t i = 0; i < changes && !packet.empty(); i++) {
    switch (random.below(6)) {
      case 0:
        packet.resize(random.below(static_cast<uint32_t>(packet.size()) + 1));
        break;
      case 1:
        for (uint32_t more = random.below(40); more > 0; more--) packet.push_back(static_cast<uint8_t>(random.next()));
        break;
      case 2:  // The header, where lengths and counts are.
        packet[random.below(packet.size() < 20 ? static_cast<uint32_t>(packet.size()) : 20)] =
            static_cast<uint8_t>(random.next());
        break;
      default:
        packet[random.below(static_cast<uint32_t>(packet.size()))] ^= static_cast<uint8_t>(1u << random.below(8));
    }
  }
  return packet;
}

// The two parts of the run. Each returns how many inputs it had, and ends the program when something is wrong.
size_t unprotectInputs(Random& random, size_t inputs);
size_t fanoutSteps(Random& random, size_t steps);

}  // namespace fuzz
