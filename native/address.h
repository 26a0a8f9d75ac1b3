// Socket addresses: text to kernel form and back, and a key to find peers by.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace frontrow {

// An IPv4 or IPv6 address in the form that one socket sends to.
union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;

  socklen_t length() const { return any.sa_family == AF_INET6 ? sizeof v6 : sizeof v4; }
};

// The same address gives the same key, whether it came as IPv4 or as IPv4 in IPv6.
struct AddressKey {
  uint64_t high = 0;
  uint64_t low = 0;
  uint32_t scope = 0;
  uint16_t port = 0;

  bool operator==(const AddressKey& other) const {
    return high == other.high && low == other.low && scope == other.scope && port == other.port;
  }
};

struct AddressKeyHash {
  size_t operator()(const AddressKey& key) const {
    // Addresses are chosen by strangers, but only those that proved themselves with an ICE check get into the table.
    uint64_t mixed = (key.high ^ key.low * 0x9e3779b97f4a7c15u) + (uint64_t{key.scope} << 16 | key.port);
    mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93u;
    return static_cast<size_t>(mixed ^ mixed >> 32);
  }
};

AddressKey keyOf(const Address& address);

// Reads a numeric address; a scope may follow a percent sign. An IPv4 address becomes IPv4 in IPv6 when `socketFamily`
// is AF_INET6. False when the text is no address or the socket cannot send to it.
bool parseAddress(const char* ip, uint16_t port, int socketFamily, Address& into);

// The plain text of an address: never IPv4 in IPv6.
std::string formatAddress(const Address& address);

}  // namespace frontrow
