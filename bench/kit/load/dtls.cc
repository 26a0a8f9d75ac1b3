#include "dtls.h"

#include <cstring>
#include <stdexcept>
#include <utility>

namespace load {
namespace {

constexpr long kMtuBytes = 1200;
constexpr long kValidSeconds = 86'400;

std::string fingerprintOf(const X509* certificate) {
  uint8_t digest[kDigestBytesMost];
  unsigned int bytes = 0;
  X509_digest(certificate, EVP_sha256(), digest, &bytes);
  static const char* hex = "0123456789ABCDEF";
  std::string text;
  for (unsigned int at = 0; at < bytes; at++) {
    if (at > 0) text += ':';
    text += hex[digest[at] >> 4];
    text += hex[digest[at] & 15];
  }
  return text;
}

X509* selfSigned(EVP_PKEY* key) {
  X509* certificate = X509_new();
  X509_set_version(certificate, kX509Version3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kValidSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), kValidSeconds);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", kTextAscii, reinterpret_cast<const uint8_t*>("load"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  return certificate;
}

// The certificate proves nothing by its issuer: its fingerprint is compared when the handshake is done.
int acceptAny(int, X509_STORE_CTX*) { return 1; }

}  // namespace

DtlsIdentity::DtlsIdentity() : context_(SSL_CTX_new(DTLS_client_method())) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  if (context_ == nullptr || key == nullptr) throw std::runtime_error("OpenSSL gives no DTLS context");
  X509* certificate = selfSigned(key);
  fingerprint_ = fingerprintOf(certificate);
  SSL_CTX_ctrl(context_, kSslSetMaxVersion, kDtls12, nullptr);
  SSL_CTX_use_certificate(context_, certificate);
  SSL_CTX_use_PrivateKey(context_, key);
  SSL_CTX_set_verify(context_, kSslVerifyPeer, acceptAny);
  SSL_CTX_set_cipher_list(context_, "ECDHE-ECDSA-AES128-GCM-SHA256");
  // This one function gives 0 for success.
  if (SSL_CTX_set_tlsext_use_srtp(context_, "SRTP_AEAD_AES_128_GCM") != 0)
    throw std::runtime_error("OpenSSL has no SRTP profile AES-128-GCM");
  X509_free(certificate);
  EVP_PKEY_free(key);
}

DtlsIdentity::~DtlsIdentity() { SSL_CTX_free(context_); }

DtlsClient::DtlsClient(const DtlsIdentity& identity, std::string remoteFingerprint)
    : ssl_(SSL_new(identity.context())),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())),
      remoteFingerprint_(std::move(remoteFingerprint)) {
  BIO_ctrl(in_, kMemoryBioEofReturn, -1, nullptr);
  SSL_set_bio(ssl_, in_, out_);
  SSL_set_options(ssl_, kSslNoQueryMtu);
  SSL_ctrl(ssl_, kSslSetMtu, kMtuBytes, nullptr);
  SSL_set_connect_state(ssl_);
}

DtlsClient::~DtlsClient() { SSL_free(ssl_); }

DtlsProgress DtlsClient::advance() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return peerIsWhoSdpSays() ? DtlsProgress::kDone : DtlsProgress::kFailed;
  const int error = SSL_get_error(ssl_, result);
  const bool waits = error == kSslErrorWantRead || error == kSslErrorWantWrite;
  return waits ? DtlsProgress::kWaiting : DtlsProgress::kFailed;
}

DtlsProgress DtlsClient::receive(const uint8_t* datagram, size_t length) {
  BIO_write(in_, datagram, static_cast<int>(length));
  return advance();
}

void DtlsClient::handleTimeout() { SSL_ctrl(ssl_, kDtlsHandleTimeout, 0, nullptr); }

void DtlsClient::sayGoodbye() { SSL_shutdown(ssl_); }

// What one flight wrote goes into one datagram: a record is found by its length (RFC 6347 section 4.1.1).
size_t DtlsClient::takeOutgoing(uint8_t* out, size_t room) {
  const int bytes = BIO_read(out_, out, static_cast<int>(room));
  return bytes > 0 ? static_cast<size_t>(bytes) : 0;
}

bool DtlsClient::exportKeys(SrtpKeys& keys) const {
  static const char label[] = "EXTRACTOR-dtls_srtp";
  uint8_t material[56];
  if (SSL_get_selected_srtp_profile(ssl_) == nullptr) return false;
  if (SSL_export_keying_material(ssl_, material, sizeof material, label, sizeof label - 1, nullptr, 0, 0) != 1)
    return false;
  std::memcpy(keys.localKey, material, 16);
  std::memcpy(keys.remoteKey, material + 16, 16);
  std::memcpy(keys.localSalt, material + 32, 12);
  std::memcpy(keys.remoteSalt, material + 44, 12);
  return true;
}

bool DtlsClient::peerIsWhoSdpSays() const {
  X509* certificate = SSL_get1_peer_certificate(ssl_);
  if (certificate == nullptr) return false;
  const bool same = fingerprintOf(certificate) == remoteFingerprint_;
  X509_free(certificate);
  return same;
}

}  // namespace load
