// The methods of class Engine. They check what JavaScript hands in; nothing behind them trusts it less than itself.
#include <cstring>

#include "arguments.h"
#include "engine_object.h"
#include "objects.h"

namespace frontrow {
namespace {

void throwRange(napi_env env, const char* message) { napi_throw_range_error(env, nullptr, message); }

napi_value construct(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  SocketOptions options;
  uint32_t port = 0;
  uint32_t recvBytes = 0;
  uint32_t sendBytes = 0;
  napi_value received = nullptr;
  if (!arguments.constructing(info) || !arguments.number(0, port) || !arguments.text(1, options.address) || !arguments.number(2, recvBytes) ||
      !arguments.number(3, sendBytes) || !arguments.function(4, received)) {
    return nullptr;
  }
  options.port = static_cast<uint16_t>(port);
  options.recvBufferBytes = static_cast<int>(recvBytes);
  options.sendBufferBytes = static_cast<int>(sendBytes);
  auto object = EngineObject::open(env, arguments.self(), options, received);
  if (object == nullptr) return nullptr;
  const auto release = [](napi_env, void* held, void*) { delete static_cast<EngineObject*>(held); };
  if (napi_wrap(env, arguments.self(), object.get(), release, nullptr, nullptr) != napi_ok) return nullptr;
  object.release();
  return arguments.self();
}

// `this` and its engine, or null with an exception pending.
Engine* engineOf(const Arguments& arguments) {
  auto* object = arguments.wrapped<EngineObject>();
  return object == nullptr ? nullptr : object->engine.get();
}

// A peer number and a packet.
struct PeerPacket {
  Engine* engine = nullptr;
  Peer* peer = nullptr;
  Bytes packet;

  PeerPacket(napi_env env, napi_callback_info info) {
    const Arguments arguments(env, info);
    uint32_t number = 0;
    Engine* found = engineOf(arguments);
    if (found == nullptr || !arguments.number(0, number) || !arguments.bytes(1, packet)) return;
    engine = found;
    peer = found->peers.find(number);
  }
};

bool addressAt(const Arguments& arguments, size_t at, int family, Address& into, bool& usable) {
  std::string ip;
  uint32_t port = 0;
  if (!arguments.text(at, ip) || !arguments.number(at + 1, port)) return false;
  usable = parseAddress(ip.c_str(), static_cast<uint16_t>(port), family, into);
  return true;
}

// (profile, localKey, localSalt, remoteKey, remoteSalt, ip, port): the peer's number.
napi_value addPeer(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  Engine* engine = engineOf(arguments);
  MasterKeys keys;
  Address address;
  bool usable = false;
  if (engine == nullptr || !masterKeys(arguments, keys) ||
      !addressAt(arguments, 5, engine->family(), address, usable)) {
    return nullptr;
  }
  auto session = SrtpSession::open(keys);
  const uint32_t number = session == nullptr || !usable ? 0 : engine->peers.add(std::move(session), address);
  if (number > 0) return toValue(env, number);
  throwRange(env, !usable ? "the socket cannot send to this address" : "no peer can be made of these keys");
  return nullptr;
}

// (peer, ip, port)
napi_value setAddress(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  Engine* engine = engineOf(arguments);
  uint32_t number = 0;
  Address address;
  bool usable = false;
  if (engine == nullptr || !arguments.number(0, number) ||
      !addressAt(arguments, 1, engine->family(), address, usable)) {
    return nullptr;
  }
  if (usable) {
    engine->peers.setAddress(number, address);
  } else {
    throwRange(env, "the socket cannot send to this address");
  }
  return nullptr;
}

// (peer)
napi_value removePeer(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  Engine* engine = engineOf(arguments);
  uint32_t number = 0;
  if (engine != nullptr && arguments.number(0, number)) engine->removePeer(number);
  return nullptr;
}

// (payload, extensions, rows, count, marker, transportAt, patchAt, patchBytes)
napi_value fanout(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  Engine* engine = engineOf(arguments);
  FanoutPacket packet;
  const uint32_t* rows = nullptr;
  size_t words = 0;
  uint32_t count = 0;
  if (engine == nullptr || !arguments.bytes(0, packet.payload) || !arguments.bytes(1, packet.extensions) ||
      !arguments.words(2, rows, words) || !arguments.number(3, count) || !arguments.boolean(4, packet.marker) ||
      !arguments.number(5, packet.transportAt) || !arguments.number(6, packet.patchAt) ||
      !arguments.number(7, packet.patchBytes)) {
    return nullptr;
  }
  if (count > words / rowWords) {
    throwRange(env, "the table has fewer rows");
  } else if (!engine->fanout.packet(packet, rows, count)) {
    throwRange(env, "a position lies outside the packet");
  }
  return nullptr;
}

napi_value flush(napi_env env, napi_callback_info info) {
  Engine* engine = engineOf(Arguments(env, info));
  if (engine != nullptr) engine->fanout.flush();
  return nullptr;
}

// (peer, packet)
napi_value sendRtp(napi_env env, napi_callback_info info) {
  const PeerPacket sending(env, info);
  if (sending.peer == nullptr) return nullptr;
  const size_t header = rtpHeaderBytes(sending.packet.data, sending.packet.length);
  if (header == 0) {
    throwRange(env, "sendRtp was handed something that is no RTP packet");
  } else {
    sending.engine->fanout.rtp(*sending.peer, sending.packet, header);
  }
  return nullptr;
}

// (peer, packet)
napi_value sendRtcp(napi_env env, napi_callback_info info) {
  const PeerPacket sending(env, info);
  if (sending.peer == nullptr) return nullptr;
  if (sending.packet.length < rtcpClearBytes) {
    throwRange(env, "sendRtcp was handed something that is no RTCP packet");
  } else {
    sending.engine->fanout.rtcp(*sending.peer, sending.packet);
  }
  return nullptr;
}

// (ip, port, datagram): whether the socket can send to this address at all.
napi_value sendRaw(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  Engine* engine = engineOf(arguments);
  Bytes datagram;
  Address address;
  bool usable = false;
  if (engine == nullptr || !addressAt(arguments, 0, engine->family(), address, usable) ||
      !arguments.bytes(2, datagram)) {
    return nullptr;
  }
  if (usable) engine->fanout.raw(address, datagram);
  napi_value answer = nullptr;
  napi_get_boolean(env, usable, &answer);
  return answer;
}

// (peer, packet): decrypts in place; the plain length or a negative Rejection.
template <int (SrtpSession::*method)(uint8_t*, size_t)>
napi_value unprotect(napi_env env, napi_callback_info info) {
  const PeerPacket received(env, info);
  if (received.engine == nullptr) return nullptr;
  if (received.peer == nullptr) return toValue(env, static_cast<int>(rejectAuth));
  SrtpSession& session = *received.peer->session;
  return toValue(env, (session.*method)(const_cast<uint8_t*>(received.packet.data), received.packet.length));
}

// (slot): the plain address of a received datagram.
napi_value senderIp(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  Engine* engine = engineOf(arguments);
  uint32_t slot = 0;
  if (engine == nullptr || !arguments.number(0, slot)) return nullptr;
  const Address* source = engine->receiver.source(slot);
  const std::string ip = source == nullptr ? "" : formatAddress(*source);
  napi_value text = nullptr;
  napi_create_string_utf8(env, ip.data(), ip.size(), &text);
  return text;
}

// (slot): the peer that a received datagram's address has now, 0 for none.
napi_value senderPeer(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  Engine* engine = engineOf(arguments);
  uint32_t slot = 0;
  if (engine == nullptr || !arguments.number(0, slot)) return nullptr;
  const Address* source = engine->receiver.source(slot);
  return toValue(env, source == nullptr ? uint32_t{0} : engine->peers.at(*source));
}

// (on)
napi_value setSegmentation(napi_env env, napi_callback_info info) {
  const Arguments arguments(env, info);
  Engine* engine = engineOf(arguments);
  bool on = false;
  if (engine != nullptr && arguments.boolean(0, on)) engine->outbox.setSegmentation(on);
  return nullptr;
}

napi_value getPort(napi_env env, napi_callback_info info) {
  Engine* engine = engineOf(Arguments(env, info));
  return engine == nullptr ? nullptr : toValue(env, uint32_t{engine->port()});
}

napi_value getSegmentation(napi_env env, napi_callback_info info) {
  Engine* engine = engineOf(Arguments(env, info));
  napi_value answer = nullptr;
  if (engine != nullptr) napi_get_boolean(env, engine->outbox.segmentation(), &answer);
  return answer;
}

napi_value close(napi_env env, napi_callback_info info) {
  auto* object = Arguments(env, info).wrapped<EngineObject>();
  if (object != nullptr) object->close();
  return nullptr;
}

}  // namespace

napi_value defineEngine(napi_env env) {
  const auto method = [](const char* name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, call, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  const auto getter = [](const char* name, napi_callback call) {
    return napi_property_descriptor{name, nullptr, nullptr, call, nullptr, nullptr, napi_default, nullptr};
  };
  const napi_property_descriptor members[] = {
      method("addPeer", addPeer),
      method("setAddress", setAddress),
      method("removePeer", removePeer),
      method("fanout", fanout),
      method("flush", flush),
      method("sendRtp", sendRtp),
      method("sendRtcp", sendRtcp),
      method("sendRaw", sendRaw),
      method("unprotectRtp", unprotect<&SrtpSession::unprotectRtp>),
      method("unprotectRtcp", unprotect<&SrtpSession::unprotectRtcp>),
      method("senderIp", senderIp),
      method("senderPeer", senderPeer),
      method("setSegmentation", setSegmentation),
      method("close", close),
      getter("port", getPort),
      getter("segmentation", getSegmentation),
  };
  napi_value defined = nullptr;
  napi_define_class(env, "Engine", NAPI_AUTO_LENGTH, construct, nullptr, sizeof members / sizeof members[0], members,
                    &defined);
  return defined;
}

}  // namespace frontrow
