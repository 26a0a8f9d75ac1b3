// SRTP alone, without a socket: for the self-test at start, and for tests and measurements.
#include <cstring>

#include "arguments.h"
#include "objects.h"
#include "srtp.h"

namespace frontrow {

bool masterKeys(const Arguments& arguments, MasterKeys& into) {
  uint32_t profile = 0;
  if (!arguments.number(0, profile) || !arguments.bytes(1, into.localKey) || !arguments.bytes(2, into.localSalt) ||
      !arguments.bytes(3, into.remoteKey) || !arguments.bytes(4, into.remoteSalt)) {
    return false;
  }
  into.profile = static_cast<Profile>(profile);
  return true;
}

namespace {

napi_value construct(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  MasterKeys keys;
  if (!arguments.constructing(info) || !masterKeys(arguments, keys)) return nullptr;
  auto session = SrtpSession::open(keys);
  if (session == nullptr) {
    napi_throw_range_error(env, nullptr, "no SRTP session can be made of these keys");
    return nullptr;
  }
  const auto release = [](napi_env, void* object, void*) { delete static_cast<SrtpSession*>(object); };
  if (napi_wrap(env, arguments.self(), session.get(), release, nullptr, nullptr) != napi_ok) return nullptr;
  session.release();
  return arguments.self();
}

// (buffer, plainBytes): the plain packet lies at the buffer's beginning and there is room for the overhead behind it.
template <typename Protect>
napi_value protect(napi_env env, napi_callback_info info, const Protect& work) {
  const Arguments arguments(env, info);
  auto* session = arguments.wrapped<SrtpSession>();
  Bytes buffer;
  uint32_t plainBytes = 0;
  if (session == nullptr || !arguments.bytes(0, buffer) || !arguments.number(1, plainBytes)) return nullptr;
  if (plainBytes + maxOverheadBytes > buffer.length || plainBytes > maxPacketBytes) {
    napi_throw_range_error(env, nullptr, "no room for the authentication tag");
    return nullptr;
  }
  return toValue(env, static_cast<uint32_t>(work(*session, const_cast<uint8_t*>(buffer.data), plainBytes)));
}

napi_value protectRtp(napi_env env, napi_callback_info info) {
  return protect(env, info, [](SrtpSession& session, uint8_t* packet, size_t length) -> size_t {
    const size_t header = rtpHeaderBytes(packet, length);
    return header == 0 ? 0 : session.protectRtp({packet, header, packet + header, length - header});
  });
}

napi_value protectRtcp(napi_env env, napi_callback_info info) {
  return protect(env, info, [](SrtpSession& session, uint8_t* packet, size_t length) {
    return session.protectRtcp(packet, length);
  });
}

// (packet): decrypts in place; the plain length or a negative Rejection.
template <int (SrtpSession::*method)(uint8_t*, size_t)>
napi_value unprotect(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  auto* session = arguments.wrapped<SrtpSession>();
  Bytes packet;
  if (session == nullptr || !arguments.bytes(0, packet)) return nullptr;
  return toValue(env, (session->*method)(const_cast<uint8_t*>(packet.data), packet.length));
}

}  // namespace

napi_value defineSession(napi_env env) {
  const auto method = [](const char* name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, call, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const napi_property_descriptor methods[] = {
      method("protectRtp", protectRtp),
      method("protectRtcp", protectRtcp),
      method("unprotectRtp", unprotect<&SrtpSession::unprotectRtp>),
      method("unprotectRtcp", unprotect<&SrtpSession::unprotectRtcp>),
  };
  napi_value defined = nullptr;
  napi_define_class(env, "SrtpSession", NAPI_AUTO_LENGTH, construct, nullptr, sizeof methods / sizeof methods[0],
                    methods, &defined);
  return defined;
}

}  // namespace frontrow
