// The one UDP socket of an engine.
#pragma once

#include <cstdint>
#include <string>

namespace frontrow {

struct SocketOptions {
  // 0 lets the system choose.
  uint16_t port = 0;
  // One local address; empty for all of them, IPv6 included where the machine has it.
  std::string address;
  int recvBufferBytes = 0;
  int sendBufferBytes = 0;
};

struct BoundSocket {
  // -1 when it could not be bound: `error` is the errno then.
  int fd = -1;
  int error = 0;
  int family = 0;
  uint16_t port = 0;
};

// Creates and binds a non-blocking socket: IPv6 and IPv4 in one where the machine has IPv6, else IPv4 alone.
BoundSocket bindSocket(const SocketOptions& options);

}  // namespace frontrow
