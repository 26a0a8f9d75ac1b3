#include "socket_watch.h"

#include <cstdlib>

namespace frontrow {

bool SocketWatch::open(napi_env env, int fd, Readable readable, SocketWatch*& place, void* owner) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return false;
  void* memory = std::calloc(1, uv_handle_size(uvPollType));
  if (memory == nullptr) return false;
  auto* handle = static_cast<uv_poll_t*>(memory);
  if (uv_poll_init(loop, handle, fd) != 0) {
    std::free(memory);
    return false;
  }
  auto* watch = new SocketWatch(readable, place, owner);
  watch->handle_ = handle;
  uv_handle_set_data(handle, watch);
  place = watch;
  if (napi_add_async_cleanup_hook(env, onEnvironmentEnd, watch, &watch->hook_) == napi_ok &&
      uv_poll_start(handle, uvReadable, onPoll) == 0) {
    return true;
  }
  watch->close();
  return false;
}

void SocketWatch::close() {
  if (closing_) return;
  closing_ = true;
  *place_ = nullptr;
  uv_poll_stop(handle_);
  uv_close(handle_, onClosed);
}

void SocketWatch::onPoll(uv_poll_t* handle, int status, int) {
  auto* watch = static_cast<SocketWatch*>(uv_handle_get_data(handle));
  if (!watch->closing_) watch->readable_(watch->owner_, status);
}

void SocketWatch::onClosed(uv_handle_t* handle) {
  auto* watch = static_cast<SocketWatch*>(uv_handle_get_data(handle));
  if (watch->hook_ != nullptr) napi_remove_async_cleanup_hook(watch->hook_);
  delete watch;
  std::free(handle);
}

// The environment waits until onClosed has removed the hook.
void SocketWatch::onEnvironmentEnd(napi_async_cleanup_hook_handle, void* watch) {
  static_cast<SocketWatch*>(watch)->close();
}

}  // namespace frontrow
