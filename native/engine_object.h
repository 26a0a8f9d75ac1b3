// One engine as JavaScript holds it.
#pragma once

#include <node_api.h>

#include <memory>

#include "engine.h"
#include "socket_watch.h"

namespace frontrow {

class EngineObject {
 public:
  // Binds and begins to listen. Null with an exception pending when that fails.
  static std::unique_ptr<EngineObject> open(napi_env env, napi_value self, const SocketOptions& options,
                                            napi_value received);
  ~EngineObject() { close(); }

  // Idempotent; also from within the callback.
  void close();

  std::unique_ptr<Engine> engine;

 private:
  explicit EngineObject(napi_env env) : env_(env) {}

  bool share(napi_value self, SharedMemory& into) const;
  bool listen(napi_value self, napi_value received);
  void readable(int status);
  bool tell(napi_value self, napi_value received, int outcome);

  napi_env env_;
  SocketWatch* watch_ = nullptr;
  // While the socket is open these keep the object and its callback from being collected.
  napi_ref self_ = nullptr;
  napi_ref received_ = nullptr;
  napi_async_context context_ = nullptr;
};

}  // namespace frontrow
