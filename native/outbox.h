// Datagrams on their way to the kernel: built one behind the other in a slab and handed over with sendmmsg.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "address.h"

namespace frontrow {

// The largest datagram that goes out: media is bounded by the path MTU, DTLS flights are fragmented by their sender.
constexpr size_t maxDatagramBytes = 2048;

// Read by JavaScript as three doubles.
struct Counters {
  double packetsOut;
  double bytesOut;
  double sendErrors;
};

// Never blocks: when the kernel's buffer is full it waits a millisecond or two for room and then drops and counts, as a
// router would. Runs of equal datagrams to one address leave as one message that the kernel or the network card cuts up
// (UDP_SEGMENT), which costs a third less.
class Outbox {
 public:
  Outbox(int fd, Counters* counters);

  // Room for one datagram of maxDatagramBytes. Sends what waits when there is none left.
  uint8_t* room();
  // The first `bytes` at room() are a datagram to `to`, which must stay in its place until send().
  void add(size_t bytes, const Address& to);
  // Hands everything to the kernel.
  void send();
  // Allows waiting for the kernel again; once a batch.
  void renewPatience() { patience_ = maxWaits; }
  // Drops what waits; nothing is sent any more.
  void close();
  // For machines whose network refuses UDP_SEGMENT only later, and for measurements.
  void setSegmentation(bool on) { segments_ = on; }
  bool segmentation() const { return segments_; }

 private:
  struct Message {
    const Address* to;
    uint8_t* data;
    uint32_t bytes;
    uint32_t segmentBytes;
    uint32_t segmentCount;
    // A shorter datagram ended the run.
    bool ended;
  };
  struct SegmentControl {
    alignas(cmsghdr) uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
  };

  // Handing over in portions keeps the slab in the processor's cache.
  static constexpr size_t maxMessages = 64;
  static constexpr size_t slabBytes = 256 * 1024;
  static constexpr int maxWaits = 2;

  bool extendsRun(size_t bytes, const Address& to) const;
  void describe(size_t at);
  size_t sendFrom(size_t at);
  size_t failed(size_t at, int error);
  void sendSegmentsSingly(const Message& message);
  void countSent(const Message& message);
  bool waitForRoom();

  int fd_;
  Counters* counters_;
  bool segments_ = true;
  int patience_ = maxWaits;
  size_t count_ = 0;
  size_t used_ = 0;
  std::unique_ptr<uint8_t[]> slab_;
  Message messages_[maxMessages];
  mmsghdr headers_[maxMessages];
  iovec vectors_[maxMessages];
  SegmentControl controls_[maxMessages];
};

}  // namespace frontrow
