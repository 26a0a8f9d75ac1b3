#include "peers.h"

#include <utility>

namespace frontrow {

uint32_t Peers::add(std::unique_ptr<SrtpSession> session, const Address& address) {
  uint32_t number = 0;
  if (!free_.empty()) {
    number = free_.back();
    free_.pop_back();
  } else {
    if (slots_.size() > maxPeers) return 0;
    number = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  }
  slots_[number] = std::make_unique<Peer>();
  slots_[number]->session = std::move(session);
  slots_[number]->address = address;
  byAddress_[keyOf(address)] = number;
  return number;
}

void Peers::setAddress(uint32_t number, const Address& address) {
  Peer* peer = find(number);
  if (peer == nullptr) return;
  forget(number, peer->address);
  peer->address = address;
  byAddress_[keyOf(address)] = number;
}

void Peers::remove(uint32_t number) {
  Peer* peer = find(number);
  if (peer == nullptr) return;
  forget(number, peer->address);
  slots_[number].reset();
  free_.push_back(number);
}

uint32_t Peers::at(const Address& address) const {
  const auto found = byAddress_.find(keyOf(address));
  return found == byAddress_.end() ? 0 : found->second;
}

void Peers::clear() {
  slots_.resize(1);
  free_.clear();
  byAddress_.clear();
}

// Another peer may have taken the address since: a client that came back on its old port.
void Peers::forget(uint32_t number, const Address& address) {
  const auto found = byAddress_.find(keyOf(address));
  if (found != byAddress_.end() && found->second == number) byAddress_.erase(found);
}

}  // namespace frontrow
