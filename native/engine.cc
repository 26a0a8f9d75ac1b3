#include "engine.h"

#include <unistd.h>

namespace frontrow {

Engine::Engine(const BoundSocket& socket, const SharedMemory& shared)
    : outbox(socket.fd, shared.counters),
      fanout(peers, outbox, shared.counters),
      receiver(shared.slab, shared.words),
      socket_(socket) {}

void Engine::removePeer(uint32_t number) {
  const Peer* peer = peers.find(number);
  if (peer == nullptr) return;
  if (fanout.holds(*peer)) fanout.flush();
  peers.remove(number);
}

void Engine::close() {
  if (socket_.fd < 0) return;
  fanout.clear();
  outbox.close();
  peers.clear();
  ::close(socket_.fd);
  socket_.fd = -1;
}

}  // namespace frontrow
