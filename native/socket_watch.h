// Tells when a socket has something to read, through the event loop of the thread that opened it.
#pragma once

#include <node_api.h>

#include "libuv.h"

namespace frontrow {

// A handle of the event loop outlives its owner until the loop has let go of it, so it frees itself. It also closes when
// the thread's environment ends without anybody having closed it.
class SocketWatch {
 public:
  using Readable = void (*)(void* owner, int status);

  // Leaves the watch in `place`, and null again when it closes. False when the event loop refuses.
  static bool open(napi_env env, int fd, Readable readable, SocketWatch*& place, void* owner);
  // No call comes after this; the socket may be closed at once.
  void close();

 private:
  SocketWatch(Readable readable, SocketWatch*& place, void* owner)
      : readable_(readable), place_(&place), owner_(owner) {}

  static void onPoll(uv_poll_t* handle, int status, int events);
  static void onClosed(uv_handle_t* handle);
  static void onEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* watch);

  Readable readable_;
  SocketWatch** place_;
  void* owner_;
  uv_poll_t* handle_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  bool closing_ = false;
};

}  // namespace frontrow
