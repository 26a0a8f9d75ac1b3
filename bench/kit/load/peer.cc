#include "peer.h"

#include <linux/sock_diag.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "clock.h"
#include "openssl.h"

namespace load {
namespace {

constexpr int64_t kCheckRepeatNs = 100 * kMillisecondNs;
// As browsers do (RFC 7675 section 5.1 wants 4 to 6 s).
constexpr int64_t kConsentEveryNs = 2'500 * kMillisecondNs;
constexpr int64_t kConsentLostNs = 15 * kSecondNs;
constexpr int64_t kHandshakeLimitNs = 15 * kSecondNs;

int openSocket(const sockaddr_in& remote, int receiveBufferBytes) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("no UDP socket: raise the limit of open files");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receiveBufferBytes, sizeof receiveBufferBytes);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&remote), sizeof remote) != 0) {
    close(fd);
    throw std::runtime_error("the UDP socket cannot be connected");
  }
  return fd;
}

}  // namespace

Peer::Peer(RemoteEnd remote, const DtlsIdentity& identity, int receiveBufferBytes)
    : remote_(std::move(remote)),
      dtls_(std::make_unique<DtlsClient>(identity, remote_.fingerprint)),
      socket_(openSocket(remote_.address, receiveBufferBytes)),
      openedNs_(nowNs()),
      lastAnswerNs_(openedNs_) {
  sendCheck(openedNs_);
}

Peer::~Peer() { close(socket_); }

uint32_t Peer::kernelDrops() const {
  uint32_t memory[SK_MEMINFO_VARS] = {};
  socklen_t length = sizeof memory;
  if (getsockopt(socket_, SOL_SOCKET, SO_MEMINFO, memory, &length) != 0) return 0;
  return memory[SK_MEMINFO_DROPS];
}

void Peer::tick(int64_t now) {
  switch (state_) {
    case PeerState::kChecking:
      if (now - lastCheckNs_ >= kCheckRepeatNs) sendCheck(now);
      if (now - openedNs_ > kHandshakeLimitNs) state_ = PeerState::kFailed;
      break;
    case PeerState::kHandshaking:
      dtls_->handleTimeout();
      sendHandshake();
      if (now - openedNs_ > kHandshakeLimitNs) state_ = PeerState::kFailed;
      break;
    case PeerState::kSecure:
      if (now - lastCheckNs_ >= kConsentEveryNs) sendCheck(now);
      if (now - lastAnswerNs_ > kConsentLostNs) state_ = PeerState::kFailed;
      break;
    case PeerState::kFailed:
    case PeerState::kLeft:
      break;
  }
}

// Demultiplexed by the first byte (RFC 7983 section 7).
void Peer::receive(uint8_t* data, size_t length, int64_t arrivedNs) {
  if (length < 12 || state_ == PeerState::kLeft) return;
  if (data[0] < 4) {
    receiveStun(data, length, arrivedNs);
  } else if (data[0] >= 20 && data[0] < 64) {
    if (state_ == PeerState::kHandshaking) progress(dtls_->receive(data, length), arrivedNs);
  } else if (data[0] >= 128 && data[0] < 192 && state_ == PeerState::kSecure) {
    const bool isRtcp = data[1] >= 192 && data[1] < 224;
    const size_t plain = isRtcp ? incoming_.unprotectRtcp(data, length) : incoming_.unprotectRtp(data, length);
    if (plain == 0) onBadTag();
    else if (isRtcp) onRtcp(data, plain, arrivedNs);
    else onRtp(data, plain, arrivedNs);
  }
}

void Peer::leave() {
  if (state_ == PeerState::kSecure) {
    dtls_->sayGoodbye();
    sendHandshake();
  }
  state_ = PeerState::kLeft;
}

void Peer::sendRtcp(uint8_t* packet, size_t length) {
  send(socket_, packet, outgoing_.protectRtcp(packet, length), 0);
}

void Peer::sendCheck(int64_t now) {
  uint8_t request[kStunRoomBytes];
  RAND_bytes(transaction_, sizeof transaction_);
  send(socket_, request, writeBindingRequest(remote_.ice, transaction_, request), 0);
  lastCheckNs_ = now;
}

void Peer::receiveStun(const uint8_t* data, size_t length, int64_t now) {
  if (!isBindingResponse(remote_.ice, transaction_, data, length)) return;
  lastAnswerNs_ = now;
  roundTripNs_ = now - lastCheckNs_;
  if (state_ != PeerState::kChecking) return;
  state_ = PeerState::kHandshaking;
  progress(dtls_->advance(), now);
}

void Peer::progress(DtlsProgress reached, int64_t now) {
  sendHandshake();
  if (reached == DtlsProgress::kWaiting) return;
  SrtpKeys keys;
  if (reached == DtlsProgress::kFailed || !dtls_->exportKeys(keys)) {
    state_ = PeerState::kFailed;
    return;
  }
  incoming_.setKeys(keys.remoteKey, keys.remoteSalt, false);
  outgoing_.setKeys(keys.localKey, keys.localSalt, true);
  secureNs_ = now;
  state_ = PeerState::kSecure;
}

void Peer::sendHandshake() {
  uint8_t datagram[4096];
  const size_t length = dtls_->takeOutgoing(datagram, sizeof datagram);
  if (length > 0) send(socket_, datagram, length, 0);
}

}  // namespace load
