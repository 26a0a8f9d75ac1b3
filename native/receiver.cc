#include "receiver.h"

#include <cerrno>
#include <cstring>

namespace frontrow {

Receiver::Receiver(uint8_t* slab, ReceivedWords* words) : words_(words) {
  std::memset(headers_, 0, sizeof headers_);
  for (size_t i = 0; i < maxDatagrams; i++) {
    vectors_[i] = {slab + i * slotBytes, slotBytes};
    headers_[i].msg_hdr.msg_iov = &vectors_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &sources_[i];
  }
}

int Receiver::receive(int fd, const Peers& peers) {
  for (mmsghdr& header : headers_) header.msg_hdr.msg_namelen = sizeof(Address);
  filled_ = 0;
  int count = 0;
  do {
    count = recvmmsg(fd, headers_, maxDatagrams, MSG_DONTWAIT, nullptr);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN ? 0 : -errno;
  filled_ = static_cast<size_t>(count);
  for (size_t i = 0; i < filled_; i++) {
    const Address& from = sources_[i];
    const in_port_t port = from.any.sa_family == AF_INET6 ? from.v6.sin6_port : from.v4.sin_port;
    words_[i] = {headers_[i].msg_len, peers.at(from), ntohs(port)};
  }
  return count;
}

const Address* Receiver::source(size_t slot) const { return slot < filled_ ? &sources_[slot] : nullptr; }

}  // namespace frontrow
