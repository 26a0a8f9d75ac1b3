// The client's half of DTLS-SRTP (RFC 5764), by OpenSSL's own state machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "openssl.h"

namespace load {

// A self-signed certificate and the settings of all handshakes made with it.
class DtlsIdentity {
 public:
  DtlsIdentity();
  DtlsIdentity(const DtlsIdentity&) = delete;
  DtlsIdentity& operator=(const DtlsIdentity&) = delete;
  ~DtlsIdentity();

  SSL_CTX* context() const { return context_; }
  // SHA-256 as SDP writes it.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  SSL_CTX* context_;
  std::string fingerprint_;
};

// Keys as the client sees them.
struct SrtpKeys {
  uint8_t localKey[16], localSalt[12], remoteKey[16], remoteSalt[12];
};

enum class DtlsProgress { kWaiting, kDone, kFailed };

// One handshake; what is to be sent waits in an outbox.
class DtlsClient {
 public:
  DtlsClient(const DtlsIdentity& identity, std::string remoteFingerprint);
  DtlsClient(const DtlsClient&) = delete;
  DtlsClient& operator=(const DtlsClient&) = delete;
  ~DtlsClient();

  DtlsProgress advance();
  DtlsProgress receive(const uint8_t* datagram, size_t length);
  // Sends again what was not answered in time.
  void handleTimeout();
  void sayGoodbye();
  // The next datagram to send; its length, 0 when there is none.
  size_t takeOutgoing(uint8_t* out, size_t room);
  bool exportKeys(SrtpKeys& keys) const;

 private:
  bool peerIsWhoSdpSays() const;

  SSL* ssl_;
  BIO* in_;
  BIO* out_;
  std::string remoteFingerprint_;
};

}  // namespace load
