// The peers of one engine: an SRTP session and an address each.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "address.h"
#include "srtp.h"

namespace frontrow {

// No packet of this peer is held.
constexpr uint32_t noEntry = 0xffffffff;

struct Peer {
  std::unique_ptr<SrtpSession> session;
  Address address;
  // Its part of the batch that fan-out holds; see fanout.h.
  uint32_t firstEntry = noEntry;
  uint32_t lastEntry = noEntry;
};

// Numbers are small, begin with 1 and are used again, so that JavaScript can index arrays with them.
class Peers {
 public:
  // 0 when there are too many.
  uint32_t add(std::unique_ptr<SrtpSession> session, const Address& address);
  // Null for a number that is not in use.
  Peer* find(uint32_t number) const {
    return number < slots_.size() ? slots_[number].get() : nullptr;
  }
  void setAddress(uint32_t number, const Address& address);
  void remove(uint32_t number);
  // The peer that took this address last, 0 for none.
  uint32_t at(const Address& address) const;
  void clear();

 private:
  static constexpr size_t maxPeers = 65536;

  void forget(uint32_t number, const Address& address);

  // Number 0 is nobody.
  std::vector<std::unique_ptr<Peer>> slots_ = std::vector<std::unique_ptr<Peer>>(1);
  std::vector<uint32_t> free_;
  std::unordered_map<AddressKey, uint32_t, AddressKeyHash> byAddress_;
};

}  // namespace frontrow
