// Reads many UDP sockets in turns: sleeps, then takes everything that came. A thread that were woken by each datagram would
// charge its waking to whoever sends, which no network does; the kernel stamps the datagrams, so nothing is lost by it.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>

namespace load {

// Somebody with a socket.
class Drained {
 public:
  virtual ~Drained() = default;
  virtual int socket() const = 0;
  // `data` may be changed. `arrivedNs` is the kernel's stamp.
  virtual void receive(uint8_t* data, size_t length, int64_t arrivedNs) = 0;
};

class Drain {
 public:
  Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;
  ~Drain();

  void add(Drained& owner);
  void remove(const Drained& owner);
  // Hands every waiting datagram to its owner. Owners may not be added or removed meanwhile.
  void run();
  // The same for one socket, without asking which are ready.
  bool take(Drained& owner);

 private:
  static constexpr int kBatch = 16;
  static constexpr size_t kDatagramBytes = 2'048;
  static constexpr size_t kControlBytes = 64;

  int epoll_;
  uint8_t data_[kBatch][kDatagramBytes];
  alignas(cmsghdr) uint8_t control_[kBatch][kControlBytes];
  iovec vectors_[kBatch];
  mmsghdr messages_[kBatch];
};

}  // namespace load
