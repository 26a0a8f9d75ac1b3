// Datagrams that come in, taken from the kernel many at a time.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

#include "address.h"
#include "peers.h"

namespace frontrow {

// What JavaScript knows of one received datagram: three 32-bit words.
struct ReceivedWords {
  uint32_t bytes;
  // The peer at this address, or 0.
  uint32_t peer;
  uint32_t port;
};

class Receiver {
 public:
  static constexpr size_t maxDatagrams = 64;
  // Longer datagrams are cut off, and then nobody takes them for authentic.
  static constexpr size_t slotBytes = 4096;
  static constexpr size_t slabBytes = maxDatagrams * slotBytes;

  // Both are the caller's: `slab` of slabBytes, `words` of maxDatagrams.
  Receiver(uint8_t* slab, ReceivedWords* words);

  // Fills slots from the first on. How many, 0 when nothing waits, or -errno.
  int receive(int fd, const Peers& peers);
  // Where a slot's datagram came from; null for a slot that the last receive() did not fill.
  const Address* source(size_t slot) const;

 private:
  ReceivedWords* words_;
  size_t filled_ = 0;
  mmsghdr headers_[maxDatagrams];
  iovec vectors_[maxDatagrams];
  Address sources_[maxDatagrams];
};

}  // namespace frontrow
