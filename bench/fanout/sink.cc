// Measurement only: sockets that somebody reads, a plain sendmmsg of given bytes, and the CPU time of the calling thread.
#include <arpa/inet.h>
#include <node_api.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace {

constexpr int maxBatch = 64;
constexpr size_t slotBytes = 2048;

sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int bindLoopback(int bufferOption, int bufferBytes, uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) return -1;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  setsockopt(fd, SOL_SOCKET, bufferOption, &bufferBytes, sizeof bufferBytes);
  port = ntohs(address.sin_port);
  return fd;
}

// N sockets and one thread that empties them all.
class Sink {
 public:
  bool open(uint32_t count) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < count; i++) {
      uint16_t port = 0;
      const int fd = bindLoopback(SO_RCVBUF, 1 << 20, port);
      if (fd < 0) return false;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.fd = fd;
      epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
      fds_.push_back(fd);
      ports.push_back(port);
    }
    return pthread_create(&thread_, nullptr, [](void* self) -> void* {
             static_cast<Sink*>(self)->drain();
             return nullptr;
           }, this) == 0;
  }

  void close() {
    if (stop_.exchange(true)) return;
    pthread_join(thread_, nullptr);
    for (const int fd : fds_) ::close(fd);
    ::close(epoll_);
  }

  std::vector<uint16_t> ports;
  std::atomic<uint64_t> received{0};

 private:
  void drain() {
    const auto slab = std::make_unique<uint8_t[]>(maxBatch * slotBytes);
    mmsghdr headers[maxBatch] = {};
    iovec vectors[maxBatch];
    for (int i = 0; i < maxBatch; i++) {
      vectors[i] = {slab.get() + static_cast<size_t>(i) * slotBytes, slotBytes};
      headers[i].msg_hdr.msg_iov = &vectors[i];
      headers[i].msg_hdr.msg_iovlen = 1;
    }
    epoll_event events[maxBatch];
    while (!stop_) {
      const int ready = epoll_wait(epoll_, events, maxBatch, 50);
      for (int i = 0; i < ready; i++) {
        const int count = recvmmsg(events[i].data.fd, headers, maxBatch, MSG_DONTWAIT, nullptr);
        if (count > 0) received += static_cast<uint64_t>(count);
      }
    }
  }

  int epoll_ = -1;
  std::vector<int> fds_;
  pthread_t thread_{};
  std::atomic<bool> stop_{false};
};

// What a server at the kernel's limit would do: nothing but hand the same bytes over, packet by packet to every viewer.
class BareSender {
 public:
  bool open(const std::vector<uint16_t>& ports) {
    uint16_t port = 0;
    fd_ = bindLoopback(SO_SNDBUF, 8 << 20, port);
    for (const uint16_t to : ports) addresses_.push_back(loopback(to));
    return fd_ >= 0;
  }

  uint32_t send(const uint8_t* data, size_t bytes) {
    uint32_t sent = 0;
    for (size_t from = 0; from < addresses_.size();) {
      iovec vector{const_cast<uint8_t*>(data), bytes};
      const size_t left = addresses_.size() - from;
      const size_t count = left < maxBatch ? left : maxBatch;
      for (size_t i = 0; i < count; i++) {
        std::memset(&headers_[i], 0, sizeof headers_[i]);
        headers_[i].msg_hdr.msg_name = &addresses_[from + i];
        headers_[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
        headers_[i].msg_hdr.msg_iov = &vector;
        headers_[i].msg_hdr.msg_iovlen = 1;
      }
      const int handed = sendmmsg(fd_, headers_, static_cast<unsigned>(count), 0);
      if (handed <= 0) return sent;
      sent += static_cast<uint32_t>(handed);
      from += static_cast<size_t>(handed);
    }
    return sent;
  }

  void close() { ::close(fd_); }

 private:
  int fd_ = -1;
  std::vector<sockaddr_in> addresses_;
  mmsghdr headers_[maxBatch];
};

struct Rig {
  Sink sink;
  BareSender bare;
  bool open = false;
};

Rig* rigOf(napi_env env, napi_callback_info info, size_t& count, napi_value* values) {
  void* data = nullptr;
  napi_get_cb_info(env, info, &count, values, nullptr, &data);
  return static_cast<Rig*>(data);
}

// (viewers): their ports.
napi_value open(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value viewers = nullptr;
  Rig* rig = rigOf(env, info, count, &viewers);
  uint32_t wanted = 0;
  napi_get_value_uint32(env, viewers, &wanted);
  rig->open = rig->sink.open(wanted) && rig->bare.open(rig->sink.ports);
  if (!rig->open) {
    napi_throw_error(env, nullptr, "the sink's sockets could not be opened");
    return nullptr;
  }
  napi_value ports = nullptr;
  napi_create_array_with_length(env, wanted, &ports);
  for (uint32_t i = 0; i < wanted; i++) {
    napi_value port = nullptr;
    napi_create_uint32(env, rig->sink.ports[i], &port);
    napi_set_element(env, ports, i, port);
  }
  return ports;
}

// (datagram): to how many viewers it went.
napi_value bareSend(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value datagram = nullptr;
  Rig* rig = rigOf(env, info, count, &datagram);
  void* data = nullptr;
  size_t bytes = 0;
  napi_get_typedarray_info(env, datagram, nullptr, &bytes, &data, nullptr, nullptr);
  napi_value sent = nullptr;
  napi_create_uint32(env, rig->bare.send(static_cast<const uint8_t*>(data), bytes), &sent);
  return sent;
}

napi_value received(napi_env env, napi_callback_info info) {
  size_t count = 0;
  const Rig* rig = rigOf(env, info, count, nullptr);
  napi_value value = nullptr;
  napi_create_double(env, static_cast<double>(rig->sink.received.load()), &value);
  return value;
}

// User and system time of the calling thread in microseconds.
napi_value threadCpuUs(napi_env env, napi_callback_info) {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto us = [](const timeval& time) { return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec); };
  napi_value value = nullptr;
  napi_create_double(env, us(usage.ru_utime) + us(usage.ru_stime), &value);
  return value;
}

napi_value close(napi_env env, napi_callback_info info) {
  size_t count = 0;
  Rig* rig = rigOf(env, info, count, nullptr);
  if (rig->open) {
    rig->sink.close();
    rig->bare.close();
  }
  rig->open = false;
  napi_value nothing = nullptr;
  napi_get_undefined(env, &nothing);
  return nothing;
}

}  // namespace

NAPI_MODULE_INIT() {
  auto* rig = new Rig;
  const napi_property_descriptor members[] = {
      {"open", nullptr, open, nullptr, nullptr, nullptr, napi_default, rig},
      {"bareSend", nullptr, bareSend, nullptr, nullptr, nullptr, napi_default, rig},
      {"received", nullptr, received, nullptr, nullptr, nullptr, napi_default, rig},
      {"threadCpuUs", nullptr, threadCpuUs, nullptr, nullptr, nullptr, napi_default, rig},
      {"close", nullptr, close, nullptr, nullptr, nullptr, napi_default, rig},
  };
  napi_define_properties(env, exports, sizeof members / sizeof members[0], members);
  napi_add_env_cleanup_hook(env, [](void* held) { delete static_cast<Rig*>(held); }, rig);
  return exports;
}
