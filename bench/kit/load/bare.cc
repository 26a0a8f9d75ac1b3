#include "bare.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>

#include "clock.h"
#include "drain.h"
#include "stamp.h"

namespace load {
namespace {

constexpr int kChunk = 64;
constexpr int kBufferBytes = 8 << 20;
constexpr int kReceiveBufferBytes = 1 << 20;
constexpr int64_t kTurnNs = 2 * kMillisecondNs;

int openLoopbackSocket(sockaddr_in& address) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
    throw std::runtime_error("no UDP socket: raise the limit of open files");
  return fd;
}

// Counts and forgets.
class Receiver : public Drained {
 public:
  Receiver(const sockaddr_in& sender, DelayHistogram& delays) : delays_(delays), socket_(openLoopbackSocket(address)) {
    const int on = 1;
    setsockopt(socket_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
    // Connected like a viewer's, so that the kernel finds it in the same way.
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&sender), sizeof sender) != 0)
      throw std::runtime_error("the UDP socket cannot be connected");
  }
  ~Receiver() override { close(socket_); }
  int socket() const override { return socket_; }
  void receive(uint8_t* datagram, size_t bytes, int64_t arrivedNs) override {
    received++;
    if (bytes >= kStampedPayloadBytes) delays_.add(arrivedNs - readStamp(datagram + bytes));
  }

  sockaddr_in address;
  double received = 0;

 private:
  DelayHistogram& delays_;
  int socket_;
};

// Sends one datagram to all; gives the CPU that it took.
int64_t sendToAll(int socket, std::vector<mmsghdr>& messages) {
  const int64_t before = threadCpuNs();
  for (size_t at = 0; at < messages.size();) {
    const size_t count = std::min<size_t>(kChunk, messages.size() - at);
    const int sent = sendmmsg(socket, messages.data() + at, static_cast<unsigned>(count), 0);
    at += sent > 0 ? static_cast<size_t>(sent) : 1;
  }
  return threadCpuNs() - before;
}

}  // namespace

BareSend::BareSend(BareOptions options) : options_(std::move(options)), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "bare-send");
}

BareSend::~BareSend() {
  stopped_ = true;
  thread_.join();
}

void BareSend::run() {
  sockaddr_in own;
  const int socket = openLoopbackSocket(own);
  setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &kBufferBytes, sizeof kBufferBytes);
  Drain drain;
  std::vector<std::unique_ptr<Receiver>> receivers;
  std::vector<uint8_t> payload(2'048, 0x5a);
  iovec vector{payload.data(), 0};
  std::vector<mmsghdr> messages(static_cast<size_t>(options_.receivers));
  for (auto& message : messages) {
    receivers.push_back(std::make_unique<Receiver>(own, delays_));
    drain.add(*receivers.back());
    message.msg_hdr.msg_name = &receivers.back()->address;
    message.msg_hdr.msg_namelen = sizeof own;
    message.msg_hdr.msg_iov = &vector;
    message.msg_hdr.msg_iovlen = 1;
  }
  std::atomic<bool> sending{true};
  std::thread reader([&] {
    while (sending) {
      drain.run();
      sleepUntilNs(nowNs() + kTurnNs);
    }
    drain.run();
  });
  pthread_setname_np(reader.native_handle(), "bare-receive");
  const int64_t startedNs = nowNs();
  for (int64_t loop = 0, at = 0; !stopped_ && at < options_.durationNs; loop++) {
    for (const BarePacket& packet : options_.schedule) {
      at = (loop * options_.loopUs + packet.dueUs) * 1'000;
      if (stopped_ || at >= options_.durationNs) break;
      sleepUntilNs(startedNs + at);
      vector.iov_len = packet.bytes;
      writeStamp(payload.data() + packet.bytes, startedNs + at);
      cpuNs_ += static_cast<double>(sendToAll(socket, messages));
      packets_ += options_.receivers;
    }
  }
  sending = false;
  reader.join();
  for (const auto& receiver : receivers) received_ += receiver->received;
  close(socket);
  done_ = true;
}

}  // namespace load
