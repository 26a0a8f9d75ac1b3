// The part of OpenSSL's libcrypto that SRTP needs, declared by hand: the node program exports these functions, and no
// development package of OpenSSL has to be installed to build against them. They are unchanged since OpenSSL 1.1.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

struct evp_cipher_st;
struct evp_cipher_ctx_st;
struct engine_st;
using EVP_CIPHER = evp_cipher_st;
using EVP_CIPHER_CTX = evp_cipher_ctx_st;

const EVP_CIPHER* EVP_aes_128_gcm();
const EVP_CIPHER* EVP_aes_128_ctr();
EVP_CIPHER_CTX* EVP_CIPHER_CTX_new();
void EVP_CIPHER_CTX_free(EVP_CIPHER_CTX* context);
int EVP_CIPHER_CTX_ctrl(EVP_CIPHER_CTX* context, int type, int number, void* pointer);
int EVP_EncryptInit_ex(EVP_CIPHER_CTX* context, const EVP_CIPHER* cipher, engine_st* engine, const uint8_t* key,
                       const uint8_t* iv);
int EVP_EncryptUpdate(EVP_CIPHER_CTX* context, uint8_t* out, int* outBytes, const uint8_t* in, int inBytes);
int EVP_EncryptFinal_ex(EVP_CIPHER_CTX* context, uint8_t* out, int* outBytes);
int EVP_DecryptInit_ex(EVP_CIPHER_CTX* context, const EVP_CIPHER* cipher, engine_st* engine, const uint8_t* key,
                       const uint8_t* iv);
int EVP_DecryptUpdate(EVP_CIPHER_CTX* context, uint8_t* out, int* outBytes, const uint8_t* in, int inBytes);
int EVP_DecryptFinal_ex(EVP_CIPHER_CTX* context, uint8_t* out, int* outBytes);

// OpenSSL calls this SHA_CTX. Plain data: copying it copies the state of the hash.
struct SHAstate_st {
  uint32_t h0, h1, h2, h3, h4;
  uint32_t bitsLow, bitsHigh;
  uint32_t data[16];
  uint32_t used;
};
using SHA_CTX = SHAstate_st;

int SHA1_Init(SHA_CTX* context);
int SHA1_Update(SHA_CTX* context, const void* data, size_t bytes);
int SHA1_Final(uint8_t* digest, SHA_CTX* context);

int CRYPTO_memcmp(const void* one, const void* other, size_t bytes);
}

namespace frontrow {

constexpr int evpCtrlGetTag = 0x10;
constexpr int evpCtrlSetTag = 0x11;

}  // namespace frontrow
