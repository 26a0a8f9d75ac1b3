#include "fanout.h"

#include <cstring>

namespace frontrow {
namespace {

constexpr size_t fixedHeaderBytes = 12;
// Version 2 (RFC 3550 section 5.1), without and with a header extension.
constexpr uint32_t plainFirstWord = 0x80000000;
constexpr uint32_t extendedFirstWord = 0x90000000;
constexpr uint32_t markerBit = 0x00800000;
// Payload type and sequence number of a row.
constexpr uint32_t rowBits = 0x007fffff;

}  // namespace

Fanout::Fanout(Peers& peers, Outbox& outbox, Counters* counters)
    : peers_(peers),
      outbox_(outbox),
      counters_(counters),
      slab_(std::make_unique<uint8_t[]>(slabBytes)),
      entries_(std::make_unique<Entry[]>(maxEntries)) {}

bool Fanout::packet(const FanoutPacket& packet, const uint32_t* rows, uint32_t count) {
  const size_t plainBytes = fixedHeaderBytes + packet.extensions.length + packet.payload.length;
  if (plainBytes > maxDatagramBytes - maxOverheadBytes) {
    counters_->sendErrors += count;
    return true;
  }
  if (packet.transportAt > 0 && packet.transportAt + uint64_t{2} > packet.extensions.length) return false;
  if (packet.patchBytes > 4 || uint64_t{packet.patchAt} + packet.patchBytes > packet.payload.length) return false;
  uint32_t held = noEntry;
  for (uint32_t i = 0; i < count; i++, rows += rowWords) {
    Peer* peer = peers_.find(rows[0]);
    if (peer == nullptr) continue;
    if (entryCount_ == maxEntries) {
      flush();
      held = noEntry;
    }
    if (held == noEntry) held = hold(packet, Kind::fanout);
    append(*peer, held, rows);
  }
  return true;
}

void Fanout::rtp(Peer& peer, Bytes packet, size_t headerBytes) {
  FanoutPacket parts;
  parts.extensions = {packet.data, headerBytes};
  parts.payload = {packet.data + headerBytes, packet.length - headerBytes};
  sendWhole(peer, Kind::rtp, parts);
}

void Fanout::rtcp(Peer& peer, Bytes packet) {
  FanoutPacket whole;
  whole.extensions = packet;
  sendWhole(peer, Kind::rtcp, whole);
}

void Fanout::sendWhole(Peer& peer, Kind kind, const FanoutPacket& packet) {
  if (packet.extensions.length + packet.payload.length > maxDatagramBytes - maxOverheadBytes) {
    counters_->sendErrors += 1;
    return;
  }
  if (holds(peer)) {
    append(peer, hold(packet, kind), nullptr);
    return;
  }
  outbox_.renewPatience();
  put(peer, writeWhole(outbox_.room(), peer, kind, packet));
  outbox_.send();
}

void Fanout::raw(const Address& to, Bytes datagram) {
  if (datagram.length > maxDatagramBytes) {
    counters_->sendErrors += 1;
    return;
  }
  outbox_.renewPatience();
  uint8_t* out = outbox_.room();
  if (datagram.length > 0) std::memcpy(out, datagram.data, datagram.length);
  outbox_.add(datagram.length, to);
  outbox_.send();
}

void Fanout::flush() {
  if (waiting_.empty()) return;
  outbox_.renewPatience();
  for (Peer* peer : waiting_) {
    for (uint32_t at = peer->firstEntry; at != noEntry; at = entries_[at].next) {
      const Entry& entry = entries_[at];
      const Held& held = held_[entry.held];
      uint8_t* out = outbox_.room();
      put(*peer, held.kind == Kind::fanout ? writeCopy(out, *peer, entry)
                                           : writeWhole(out, *peer, held.kind, packetOf(held)));
    }
  }
  outbox_.send();
  clear();
}

void Fanout::clear() {
  for (Peer* peer : waiting_) {
    peer->firstEntry = noEntry;
    peer->lastEntry = noEntry;
  }
  waiting_.clear();
  slabUsed_ = 0;
  heldCount_ = 0;
  entryCount_ = 0;
}

// Hands over what was written at the outbox's room; nothing was when the session has no place for another SSRC.
void Fanout::put(Peer& peer, size_t bytes) {
  if (bytes > 0) {
    outbox_.add(bytes, peer.address);
  } else {
    counters_->sendErrors += 1;
  }
}

// Copies a packet into the batch and makes sure that at least one entry has room too.
uint32_t Fanout::hold(const FanoutPacket& packet, Kind kind) {
  const size_t bytes = packet.extensions.length + packet.payload.length;
  if (heldCount_ == maxHeld || entryCount_ == maxEntries || slabUsed_ + bytes > slabBytes) flush();
  Held& held = held_[heldCount_];
  held.kind = kind;
  held.marker = packet.marker;
  held.transportAt = packet.transportAt;
  held.patchAt = packet.patchAt;
  held.patchBytes = packet.patchBytes;
  const auto copy = [this](Bytes from, uint32_t& at, uint32_t& length) {
    at = slabUsed_;
    length = static_cast<uint32_t>(from.length);
    if (length > 0) std::memcpy(slab_.get() + at, from.data, length);
    slabUsed_ += length;
  };
  copy(packet.extensions, held.extensionsAt, held.extensionBytes);
  copy(packet.payload, held.payloadAt, held.payloadBytes);
  return heldCount_++;
}

void Fanout::append(Peer& peer, uint32_t held, const uint32_t* row) {
  const uint32_t at = entryCount_++;
  Entry& entry = entries_[at];
  entry.held = held;
  entry.next = noEntry;
  if (row != nullptr) std::memcpy(entry.row, row, sizeof entry.row);
  if (peer.lastEntry == noEntry) {
    waiting_.push_back(&peer);
    peer.firstEntry = at;
  } else {
    entries_[peer.lastEntry].next = at;
  }
  peer.lastEntry = at;
}

FanoutPacket Fanout::packetOf(const Held& held) const {
  FanoutPacket packet;
  packet.marker = held.marker;
  packet.extensions = {slab_.get() + held.extensionsAt, held.extensionBytes};
  packet.payload = {slab_.get() + held.payloadAt, held.payloadBytes};
  packet.transportAt = held.transportAt;
  packet.patchAt = held.patchAt;
  packet.patchBytes = held.patchBytes;
  return packet;
}

// A viewer's own header, extension block and payload, protected. The protected length, or 0.
size_t Fanout::writeCopy(uint8_t* out, Peer& peer, const Entry& entry) const {
  const FanoutPacket packet = packetOf(held_[entry.held]);
  const bool extended = packet.extensions.length > 0;
  const uint32_t firstWord = (extended ? extendedFirstWord : plainFirstWord) | (packet.marker ? markerBit : 0);
  write32(out, firstWord | (entry.row[2] & rowBits));
  write32(out + 4, entry.row[3]);
  write32(out + 8, entry.row[1]);
  if (extended) std::memcpy(out + fixedHeaderBytes, packet.extensions.data, packet.extensions.length);
  if (packet.transportAt > 0) write16(out + fixedHeaderBytes + packet.transportAt, entry.row[4]);
  RtpParts parts{out, fixedHeaderBytes + packet.extensions.length, packet.payload.data, packet.payload.length};
  if (packet.patchBytes > 0) {
    uint8_t* payload = out + parts.headerBytes;
    std::memcpy(payload, parts.payload, parts.payloadBytes);
    for (uint32_t i = 0; i < packet.patchBytes; i++) {
      payload[packet.patchAt + i] = static_cast<uint8_t>(entry.row[5] >> (24 - 8 * i));
    }
    parts.payload = payload;
  }
  return peer.session->protectRtp(parts);
}

// A packet that is complete already, protected.
size_t Fanout::writeWhole(uint8_t* out, Peer& peer, Kind kind, const FanoutPacket& packet) {
  std::memcpy(out, packet.extensions.data, packet.extensions.length);
  if (kind == Kind::rtcp) return peer.session->protectRtcp(out, packet.extensions.length);
  return peer.session->protectRtp({out, packet.extensions.length, packet.payload.data, packet.payload.length});
}

}  // namespace frontrow
