// Everything of one engine that knows nothing of JavaScript: socket, peers, fan-out and receiver.
#pragma once

#include <cstdint>
#include <memory>

#include "fanout.h"
#include "outbox.h"
#include "peers.h"
#include "receiver.h"
#include "socket.h"

namespace frontrow {

// The memory that an engine shares with JavaScript, which owns it.
struct SharedMemory {
  Counters* counters;
  uint8_t* slab;
  ReceivedWords* words;
};

class Engine {
 public:
  // Takes the socket over.
  Engine(const BoundSocket& socket, const SharedMemory& shared);
  ~Engine() { close(); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  int fd() const { return socket_.fd; }
  int family() const { return socket_.family; }
  uint16_t port() const { return socket_.port; }

  // Peers may come and go while packets are held: those of a leaving one are sent first, so that its number can be given
  // to another at once.
  void removePeer(uint32_t number);
  // Idempotent. Nothing is sent or received any more.
  void close();

  Peers peers;
  Outbox outbox;
  Fanout fanout;
  Receiver receiver;

 private:
  BoundSocket socket_;
};

}  // namespace frontrow
