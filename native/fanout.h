// One packet to many viewers: held until the end of the turn, then written, protected and sent viewer by viewer.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bytes.h"
#include "outbox.h"
#include "peers.h"

namespace frontrow {

// What all viewers of one packet share.
struct FanoutPacket {
  bool marker = false;
  Bytes payload;
  // Complete header extension block, or nothing.
  Bytes extensions;
  // Where in the block each viewer's transport-wide number goes; 0 for nowhere.
  uint32_t transportAt = 0;
  uint32_t patchAt = 0;
  // 0 to 4.
  uint32_t patchBytes = 0;
};

// 32-bit words of a row: peer; SSRC; payload type and sequence number; timestamp; transport-wide number; patch.
constexpr uint32_t rowWords = 6;

// Holding the packets of a turn costs a copy of each and wins twice: what one viewer gets lies together, so that the
// kernel takes it as one message, and its keys are fetched into the cache once.
class Fanout {
 public:
  Fanout(Peers& peers, Outbox& outbox, Counters* counters);

  // False when a position lies outside the packet. Rows of unknown peers are passed over.
  bool packet(const FanoutPacket& packet, const uint32_t* rows, uint32_t count);
  // One complete plain packet to one peer: behind what is held for it, or at once when there is nothing.
  void rtp(Peer& peer, Bytes packet, size_t headerBytes);
  void rtcp(Peer& peer, Bytes packet);
  // As it is and at once.
  void raw(const Address& to, Bytes datagram);
  // Sends everything that is held.
  void flush();
  bool holds(const Peer& peer) const { return peer.firstEntry != noEntry; }
  // Drops everything that is held.
  void clear();

 private:
  enum class Kind : uint8_t { fanout, rtp, rtcp };
  // A packet in the slab. RTP of one peer has its header in the place of the extensions, RTCP all of it.
  struct Held {
    uint32_t extensionsAt;
    uint32_t extensionBytes;
    uint32_t payloadAt;
    uint32_t payloadBytes;
    uint32_t transportAt;
    uint32_t patchAt;
    uint32_t patchBytes;
    bool marker;
    Kind kind;
  };
  // One viewer's copy of it.
  struct Entry {
    uint32_t held;
    uint32_t next;
    uint32_t row[rowWords];
  };

  // Bounds of a batch: about 1.5 MB in all. What does not fit is sent before the turn ends.
  static constexpr uint32_t maxHeld = 256;
  static constexpr uint32_t maxEntries = 16384;
  static constexpr uint32_t slabBytes = maxHeld * maxDatagramBytes;

  uint32_t hold(const FanoutPacket& packet, Kind kind);
  void append(Peer& peer, uint32_t held, const uint32_t* row);
  void sendWhole(Peer& peer, Kind kind, const FanoutPacket& packet);
  void put(Peer& peer, size_t bytes);
  size_t writeCopy(uint8_t* out, Peer& peer, const Entry& entry) const;
  static size_t writeWhole(uint8_t* out, Peer& peer, Kind kind, const FanoutPacket& packet);
  FanoutPacket packetOf(const Held& held) const;

  Peers& peers_;
  Outbox& outbox_;
  Counters* counters_;
  std::unique_ptr<uint8_t[]> slab_;
  std::unique_ptr<Entry[]> entries_;
  Held held_[maxHeld];
  uint32_t slabUsed_ = 0;
  uint32_t heldCount_ = 0;
  uint32_t entryCount_ = 0;
  // Peers with entries, in the order of their first.
  std::vector<Peer*> waiting_;
};

}  // namespace frontrow
