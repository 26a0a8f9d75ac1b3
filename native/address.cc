#include "address.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <cstdlib>
#include <cstring>

namespace frontrow {
namespace {

bool parseV6(const char* ip, in6_addr& into, uint32_t& scope) {
  const char* percent = std::strchr(ip, '%');
  if (percent == nullptr) return inet_pton(AF_INET6, ip, &into) == 1;
  const std::string plain(ip, percent);
  const std::string zone(percent + 1);
  scope = if_nametoindex(zone.c_str());
  if (scope == 0) scope = static_cast<uint32_t>(std::strtoul(zone.c_str(), nullptr, 10));
  return inet_pton(AF_INET6, plain.c_str(), &into) == 1;
}

}  // namespace

AddressKey keyOf(const Address& address) {
  AddressKey key;
  if (address.any.sa_family == AF_INET) {
    key.low = uint64_t{0xffff} << 32 | ntohl(address.v4.sin_addr.s_addr);
    key.port = ntohs(address.v4.sin_port);
    return key;
  }
  const uint8_t* bytes = address.v6.sin6_addr.s6_addr;
  for (int i = 0; i < 8; i++) key.high = key.high << 8 | bytes[i];
  for (int i = 8; i < 16; i++) key.low = key.low << 8 | bytes[i];
  key.scope = address.v6.sin6_scope_id;
  key.port = ntohs(address.v6.sin6_port);
  return key;
}

bool parseAddress(const char* ip, uint16_t port, int socketFamily, Address& into) {
  std::memset(&into, 0, sizeof into);
  in_addr v4;
  if (inet_pton(AF_INET, ip, &v4) == 1) {
    if (socketFamily == AF_INET) {
      into.v4.sin_family = AF_INET;
      into.v4.sin_addr = v4;
      into.v4.sin_port = htons(port);
      return true;
    }
    into.v6.sin6_family = AF_INET6;
    into.v6.sin6_port = htons(port);
    into.v6.sin6_addr.s6_addr[10] = 0xff;
    into.v6.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(into.v6.sin6_addr.s6_addr + 12, &v4, sizeof v4);
    return true;
  }
  if (socketFamily != AF_INET6) return false;
  into.v6.sin6_family = AF_INET6;
  into.v6.sin6_port = htons(port);
  uint32_t scope = 0;
  if (!parseV6(ip, into.v6.sin6_addr, scope)) return false;
  into.v6.sin6_scope_id = scope;
  return true;
}

std::string formatAddress(const Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof text);
    return text;
  }
  const in6_addr& ip = address.v6.sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&ip)) {
    inet_ntop(AF_INET, ip.s6_addr + 12, text, sizeof text);
    return text;
  }
  inet_ntop(AF_INET6, &ip, text, sizeof text);
  char zone[IF_NAMESIZE];
  const uint32_t scope = address.v6.sin6_scope_id;
  if (scope == 0 || if_indextoname(scope, zone) == nullptr) return text;
  return std::string(text) + "%" + zone;
}

}  // namespace frontrow
