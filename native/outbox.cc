#include "outbox.h"

#include <poll.h>

#include <cerrno>
#include <cstring>

namespace frontrow {
namespace {

// UDP_SEGMENT of linux/udp.h, since Linux 4.18; older headers do not have it.
constexpr int udpSegment = 103;
// UDP_MAX_SEGMENTS of kernels before 6.x.
constexpr uint32_t maxSegments = 64;
// The kernel refuses segments beyond the path MTU, where a plain datagram would be fragmented: 1500 less IPv6 and UDP.
constexpr size_t maxSegmentBytes = 1452;
constexpr size_t maxRunBytes = 65000;
// Messages begin on cache lines, so that no two encryptions share one.
constexpr size_t lineBytes = 64;

// What the kernel, or the driver below it, says when it cannot cut up messages.
bool refusesSegments(int error) {
  return error == EIO || error == EINVAL || error == ENOPROTOOPT || error == EMSGSIZE || error == EOPNOTSUPP;
}

}  // namespace

Outbox::Outbox(int fd, Counters* counters)
    : fd_(fd), counters_(counters), slab_(std::make_unique<uint8_t[]>(slabBytes)) {}

uint8_t* Outbox::room() {
  if (used_ + maxDatagramBytes + lineBytes > slabBytes || count_ == maxMessages) send();
  return slab_.get() + used_;
}

void Outbox::add(size_t bytes, const Address& to) {
  if (extendsRun(bytes, to)) {
    Message& run = messages_[count_ - 1];
    run.bytes += static_cast<uint32_t>(bytes);
    run.segmentCount += 1;
    run.ended = bytes < run.segmentBytes;
  } else {
    const auto size = static_cast<uint32_t>(bytes);
    messages_[count_++] = {&to, slab_.get() + used_, size, size, 1, false};
  }
  used_ += bytes;
}

// The datagrams of a run lie back to back, all of one size but the last, which may be shorter.
bool Outbox::extendsRun(size_t bytes, const Address& to) const {
  if (!segments_ || count_ == 0) return false;
  const Message& run = messages_[count_ - 1];
  return run.to == &to && !run.ended && bytes <= run.segmentBytes && run.segmentBytes <= maxSegmentBytes &&
         run.segmentCount < maxSegments && run.bytes + bytes <= maxRunBytes;
}

void Outbox::send() {
  if (fd_ < 0) count_ = 0;
  for (size_t i = 0; i < count_; i++) describe(i);
  size_t at = 0;
  while (at < count_) at = sendFrom(at);
  count_ = 0;
  used_ = 0;
}

void Outbox::describe(size_t at) {
  const Message& message = messages_[at];
  msghdr& header = headers_[at].msg_hdr;
  vectors_[at] = {message.data, message.bytes};
  std::memset(&header, 0, sizeof header);
  header.msg_name = const_cast<sockaddr*>(&message.to->any);
  header.msg_namelen = message.to->length();
  header.msg_iov = &vectors_[at];
  header.msg_iovlen = 1;
  if (message.segmentCount == 1) return;
  header.msg_control = controls_[at].bytes;
  header.msg_controllen = sizeof controls_[at].bytes;
  std::memset(controls_[at].bytes, 0, sizeof controls_[at].bytes);
  cmsghdr* control = CMSG_FIRSTHDR(&header);
  control->cmsg_level = IPPROTO_UDP;
  control->cmsg_type = udpSegment;
  control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  const auto size = static_cast<uint16_t>(message.segmentBytes);
  std::memcpy(CMSG_DATA(control), &size, sizeof size);
}

// Returns where to go on.
size_t Outbox::sendFrom(size_t at) {
  if (!segments_ && messages_[at].segmentCount > 1) {
    sendSegmentsSingly(messages_[at]);
    return at + 1;
  }
  const int sent = sendmmsg(fd_, headers_ + at, static_cast<unsigned>(count_ - at), 0);
  if (sent <= 0) return failed(at, errno);
  for (int i = 0; i < sent; i++) countSent(messages_[at + static_cast<size_t>(i)]);
  return at + static_cast<size_t>(sent);
}

size_t Outbox::failed(size_t at, int error) {
  if (error == EINTR) return at;
  if (error == EAGAIN || error == ENOBUFS) {
    if (waitForRoom()) return at;
    for (size_t i = at; i < count_; i++) counters_->sendErrors += messages_[i].segmentCount;
    return count_;
  }
  if (messages_[at].segmentCount > 1 && refusesSegments(error)) {
    segments_ = false;
    return at;
  }
  counters_->sendErrors += messages_[at].segmentCount;
  return at + 1;
}

void Outbox::sendSegmentsSingly(const Message& message) {
  for (uint32_t from = 0; from < message.bytes;) {
    const uint32_t left = message.bytes - from;
    const uint32_t size = left < message.segmentBytes ? left : message.segmentBytes;
    const ssize_t sent = sendto(fd_, message.data + from, size, 0, &message.to->any, message.to->length());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS) && waitForRoom()) continue;
    if (sent < 0) {
      counters_->sendErrors += 1;
    } else {
      counters_->packetsOut += 1;
      counters_->bytesOut += size;
    }
    from += size;
  }
}

void Outbox::countSent(const Message& message) {
  counters_->packetsOut += message.segmentCount;
  counters_->bytesOut += message.bytes;
}

// A buffer of megabytes that stays full is a link that cannot carry this: waiting longer would only delay the rest.
bool Outbox::waitForRoom() {
  if (patience_ <= 0) return false;
  patience_ -= 1;
  pollfd waiting{fd_, POLLOUT, 0};
  return poll(&waiting, 1, 1) > 0;
}

void Outbox::close() {
  fd_ = -1;
  count_ = 0;
  used_ = 0;
}

}  // namespace frontrow
