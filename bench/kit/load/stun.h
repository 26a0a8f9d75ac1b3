// The client's half of ICE connectivity checks (RFC 8445 section 7.2, RFC 8489): requests out, success responses in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace load {

// Who checks whom.
struct IceNames {
  std::string localUfrag;
  std::string remoteUfrag;
  std::string remotePassword;
};

constexpr size_t kTransactionBytes = 12;
constexpr size_t kStunRoomBytes = 256;

// Writes a nominating binding request of the controlling side; returns its length.
size_t writeBindingRequest(const IceNames& names, const uint8_t transaction[kTransactionBytes], uint8_t* out);

// Whether this is an authentic success response to that transaction.
bool isBindingResponse(const IceNames& names, const uint8_t transaction[kTransactionBytes], const uint8_t* data,
                       size_t length);

}  // namespace load
