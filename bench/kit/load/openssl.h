// What the load clients use of the OpenSSL 3 inside Node, declared here because Node's packages bring no headers of it.
// Node exports these symbols to addons; names, types and numbers are OpenSSL's public interface.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

struct EVP_CIPHER;
struct EVP_CIPHER_CTX;
struct EVP_MD;
struct EVP_PKEY;
struct ENGINE;
struct BIO;
struct BIO_METHOD;
struct SSL;
struct SSL_CTX;
struct SSL_METHOD;
struct SRTP_PROTECTION_PROFILE;
struct X509;
struct X509_NAME;
struct X509_STORE_CTX;
struct ASN1_INTEGER;
struct ASN1_TIME;

EVP_CIPHER_CTX* EVP_CIPHER_CTX_new();
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX*);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX*, int type, int argument, void* pointer);
const EVP_CIPHER* EVP_aes_128_ecb();
const EVP_CIPHER* EVP_aes_128_gcm();
int EVP_CipherInit_ex(EVP_CIPHER_CTX*, const EVP_CIPHER*, ENGINE*, const uint8_t* key, const uint8_t* iv, int encrypts);
int EVP_CipherUpdate(EVP_CIPHER_CTX*, uint8_t* out, int* written, const uint8_t* in, int length);
int EVP_CipherFinal_ex(EVP_CIPHER_CTX*, uint8_t* out, int* written);

const EVP_MD* EVP_sha1();
const EVP_MD* EVP_sha256();
uint8_t* HMAC(const EVP_MD*, const void* key, int keyLength, const uint8_t* data, size_t length, uint8_t* digest,
              unsigned int* digestLength);
int RAND_bytes(uint8_t* out, int length);

EVP_PKEY* EVP_PKEY_Q_keygen(void* library, const char* properties, const char* type, ...);
void EVP_PKEY_free(EVP_PKEY*);

X509* X509_new();
void X509_free(X509*);
int X509_set_version(X509*, long);
ASN1_INTEGER* X509_get_serialNumber(X509*);
int ASN1_INTEGER_set(ASN1_INTEGER*, long);
ASN1_TIME* X509_getm_notBefore(const X509*);
ASN1_TIME* X509_getm_notAfter(const X509*);
ASN1_TIME* X509_gmtime_adj(ASN1_TIME*, long);
int X509_set_pubkey(X509*, EVP_PKEY*);
X509_NAME* X509_get_subject_name(const X509*);
int X509_NAME_add_entry_by_txt(X509_NAME*, const char* field, int type, const uint8_t* text, int length, int place,
                               int set);
int X509_set_issuer_name(X509*, const X509_NAME*);
int X509_sign(X509*, EVP_PKEY*, const EVP_MD*);
int X509_digest(const X509*, const EVP_MD*, uint8_t* digest, unsigned int* length);

BIO* BIO_new(const BIO_METHOD*);
const BIO_METHOD* BIO_s_mem();
long BIO_ctrl(BIO*, int command, long argument, void* pointer);
int BIO_read(BIO*, void* out, int room);
int BIO_write(BIO*, const void* in, int length);

const SSL_METHOD* DTLS_client_method();
SSL_CTX* SSL_CTX_new(const SSL_METHOD*);
void SSL_CTX_free(SSL_CTX*);
long SSL_CTX_ctrl(SSL_CTX*, int command, long argument, void* pointer);
int SSL_CTX_use_certificate(SSL_CTX*, X509*);
int SSL_CTX_use_PrivateKey(SSL_CTX*, EVP_PKEY*);
void SSL_CTX_set_verify(SSL_CTX*, int mode, int (*verify)(int, X509_STORE_CTX*));
int SSL_CTX_set_cipher_list(SSL_CTX*, const char*);
int SSL_CTX_set_tlsext_use_srtp(SSL_CTX*, const char*);
SSL* SSL_new(SSL_CTX*);
void SSL_free(SSL*);
void SSL_set_bio(SSL*, BIO* in, BIO* out);
uint64_t SSL_set_options(SSL*, uint64_t);
long SSL_ctrl(SSL*, int command, long argument, void* pointer);
void SSL_set_connect_state(SSL*);
int SSL_do_handshake(SSL*);
int SSL_get_error(const SSL*, int result);
int SSL_shutdown(SSL*);
const SRTP_PROTECTION_PROFILE* SSL_get_selected_srtp_profile(SSL*);
int SSL_export_keying_material(SSL*, uint8_t* out, size_t length, const char* label, size_t labelLength,
                               const uint8_t* context, size_t contextLength, int useContext);
X509* SSL_get1_peer_certificate(const SSL*);
void ERR_clear_error();

}  // extern "C"

namespace load {

// Numbers behind OpenSSL's macros.
constexpr int kGcmGetTag = 0x10, kGcmSetTag = 0x11;
constexpr int kMemoryBioEofReturn = 130;
constexpr int kSslSetMtu = 17, kDtlsHandleTimeout = 74, kSslSetMaxVersion = 124;
constexpr int kSslErrorWantRead = 2, kSslErrorWantWrite = 3;
constexpr int kSslVerifyPeer = 1;
constexpr uint64_t kSslNoQueryMtu = 0x1000;
constexpr long kDtls12 = 0xfefd;
constexpr int kTextAscii = 0x1001;
constexpr long kX509Version3 = 2;
constexpr size_t kDigestBytesMost = 64;

}  // namespace load
