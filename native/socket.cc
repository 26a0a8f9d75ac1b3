#include "socket.h"

#include <cerrno>
#include <unistd.h>

#include "address.h"

namespace frontrow {
namespace {

// The kernel caps SO_RCVBUF and SO_SNDBUF at net.core.*mem_max; the FORCE variants go beyond for those who may.
void setBuffer(int fd, int force, int plain, int bytes) {
  if (bytes <= 0) return;
  if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof bytes) == 0) return;
  setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof bytes);
}

void fail(BoundSocket& socket, int fd) {
  socket.error = errno;
  if (fd >= 0) close(fd);
}

bool fillAny(int family, uint16_t port, Address& into) {
  return parseAddress(family == AF_INET6 ? "::" : "0.0.0.0", port, family, into);
}

BoundSocket bindFamily(int family, const SocketOptions& options) {
  BoundSocket bound;
  bound.family = family;
  Address local;
  const bool known = options.address.empty()
                         ? fillAny(family, options.port, local)
                         : parseAddress(options.address.c_str(), options.port, family, local);
  if (!known) {
    bound.error = EADDRNOTAVAIL;
    return bound;
  }
  const int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    fail(bound, fd);
    return bound;
  }
  const int off = 0;
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  socklen_t length = local.length();
  if (bind(fd, &local.any, length) != 0 || getsockname(fd, &local.any, &length) != 0) {
    fail(bound, fd);
    return bound;
  }
  setBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, options.recvBufferBytes);
  setBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, options.sendBufferBytes);
  bound.fd = fd;
  bound.port = ntohs(family == AF_INET6 ? local.v6.sin6_port : local.v4.sin_port);
  return bound;
}

bool isWithoutIpv6(int error) { return error == EAFNOSUPPORT || error == EADDRNOTAVAIL || error == EINVAL; }

}  // namespace

BoundSocket bindSocket(const SocketOptions& options) {
  const bool named = !options.address.empty();
  if (named && options.address.find(':') == std::string::npos) return bindFamily(AF_INET, options);
  const BoundSocket dual = bindFamily(AF_INET6, options);
  if (dual.fd >= 0 || named || !isWithoutIpv6(dual.error)) return dual;
  return bindFamily(AF_INET, options);
}

}  // namespace frontrow
