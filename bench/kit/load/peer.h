// One WebRTC transport of a load client: connected UDP socket, ICE checks, DTLS, SRTP.
#pragma once

#include <netinet/in.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "drain.h"
#include "dtls.h"
#include "srtp.h"
#include "stun.h"

namespace load {

// The gateway's side, from its SDP answer.
struct RemoteEnd {
  IceNames ice;
  std::string fingerprint;
  sockaddr_in address;
};

enum class PeerState : int { kChecking, kHandshaking, kSecure, kFailed, kLeft };

class Peer : public Drained {
 public:
  Peer(RemoteEnd remote, const DtlsIdentity& identity, int receiveBufferBytes);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() override;

  int socket() const override { return socket_; }
  PeerState state() const { return state_; }
  int64_t openedNs() const { return openedNs_; }
  // When the transport was secure; 0 before.
  int64_t secureNs() const { return secureNs_; }
  // Datagrams that the kernel dropped because this program read too slowly.
  uint32_t kernelDrops() const;

  // Repeats what went unanswered, keeps consent fresh. Call every few milliseconds.
  virtual void tick(int64_t now);
  void receive(uint8_t* data, size_t length, int64_t arrivedNs) override;
  // Says goodbye and goes silent.
  void leave();

 protected:
  // Plain packets whose tag was right.
  virtual void onRtp(uint8_t* packet, size_t length, int64_t arrivedNs) = 0;
  virtual void onRtcp(uint8_t* packet, size_t length, int64_t arrivedNs) = 0;
  virtual void onBadTag() = 0;

  // `packet` needs room for the trailer.
  void sendRtcp(uint8_t* packet, size_t length);
  SrtpDirection& outgoing() { return outgoing_; }
  // Of the last check; 0 before one was answered.
  int64_t roundTripNs() const { return roundTripNs_; }

 private:
  void sendCheck(int64_t now);
  void receiveStun(const uint8_t* data, size_t length, int64_t now);
  void progress(DtlsProgress reached, int64_t now);
  void sendHandshake();

  RemoteEnd remote_;
  std::unique_ptr<DtlsClient> dtls_;
  SrtpDirection incoming_;
  SrtpDirection outgoing_;
  int socket_;
  PeerState state_ = PeerState::kChecking;
  int64_t openedNs_;
  int64_t secureNs_ = 0;
  int64_t lastCheckNs_ = 0;
  int64_t lastAnswerNs_;
  int64_t roundTripNs_ = 0;
  uint8_t transaction_[kTransactionBytes] = {};
};

}  // namespace load
