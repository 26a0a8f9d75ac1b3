#include "drain.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "clock.h"

namespace load {
namespace {

constexpr int kEvents = 512;

int64_t arrivalOf(msghdr& header) {
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time;
    std::memcpy(&time, CMSG_DATA(at), sizeof time);
    return toNs(time);
  }
  return nowNs();
}

}  // namespace

Drain::Drain() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::runtime_error("no epoll");
  for (int at = 0; at < kBatch; at++) {
    vectors_[at] = {data_[at], kDatagramBytes};
    messages_[at] = {};
    messages_[at].msg_hdr.msg_iov = &vectors_[at];
    messages_[at].msg_hdr.msg_iovlen = 1;
    messages_[at].msg_hdr.msg_control = control_[at];
  }
}

Drain::~Drain() { close(epoll_); }

void Drain::add(Drained& owner) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &owner;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, owner.socket(), &event) != 0)
    throw std::runtime_error("epoll takes no more sockets");
}

void Drain::remove(const Drained& owner) { epoll_ctl(epoll_, EPOLL_CTL_DEL, owner.socket(), nullptr); }

void Drain::run() {
  epoll_event events[kEvents];
  int ready;
  do {
    ready = epoll_wait(epoll_, events, kEvents, 0);
    for (int at = 0; at < ready; at++) take(*static_cast<Drained*>(events[at].data.ptr));
  } while (ready == kEvents);
}

bool Drain::take(Drained& owner) {
  for (auto& message : messages_) message.msg_hdr.msg_controllen = kControlBytes;
  const int count = recvmmsg(owner.socket(), messages_, kBatch, MSG_DONTWAIT, nullptr);
  for (int at = 0; at < count; at++)
    owner.receive(data_[at], messages_[at].msg_len, arrivalOf(messages_[at].msg_hdr));
  return count == kBatch;
}

}  // namespace load
