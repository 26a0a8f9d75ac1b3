#include "engine_object.h"

#include <cerrno>
#include <cstring>

namespace frontrow {
namespace {

// Batches taken in a row before timers and other handles of the event loop get their turn.
constexpr int maxBatches = 4;

void throwErrno(napi_env env, int error) {
  const char* code = error == EADDRINUSE ? "EADDRINUSE" : error == EACCES ? "EACCES" : "EADDRNOTAVAIL";
  napi_throw_error(env, code, std::strerror(error));
}

// Memory that JavaScript owns, under a name on the object that cannot be taken away.
void* shareArray(napi_env env, napi_value self, const char* name, napi_typedarray_type type, size_t length) {
  const size_t bytes = type == napi_float64_array ? length * 8 : type == napi_uint32_array ? length * 4 : length;
  void* data = nullptr;
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  if (napi_create_arraybuffer(env, bytes, &data, &buffer) != napi_ok ||
      napi_create_typedarray(env, type, length, buffer, 0, &array) != napi_ok) {
    return nullptr;
  }
  const napi_property_descriptor property{name, nullptr, nullptr, nullptr, nullptr, array, napi_default, nullptr};
  return napi_define_properties(env, self, 1, &property) == napi_ok ? data : nullptr;
}

}  // namespace

std::unique_ptr<EngineObject> EngineObject::open(napi_env env, napi_value self, const SocketOptions& options,
                                                 napi_value received) {
  std::unique_ptr<EngineObject> object(new EngineObject(env));
  SharedMemory shared{};
  if (!object->share(self, shared)) {
    napi_throw_error(env, nullptr, "no memory for the engine");
    return nullptr;
  }
  const BoundSocket socket = bindSocket(options);
  if (socket.fd < 0) {
    throwErrno(env, socket.error);
    return nullptr;
  }
  object->engine = std::make_unique<Engine>(socket, shared);
  if (object->listen(self, received)) return object;
  napi_throw_error(env, nullptr, "the event loop does not take the socket");
  return nullptr;
}

bool EngineObject::share(napi_value self, SharedMemory& into) const {
  into.counters = static_cast<Counters*>(shareArray(env_, self, "counters", napi_float64_array, 3));
  into.slab = static_cast<uint8_t*>(shareArray(env_, self, "slab", napi_uint8_array, Receiver::slabBytes));
  constexpr size_t words = Receiver::maxDatagrams * sizeof(ReceivedWords) / sizeof(uint32_t);
  into.words = static_cast<ReceivedWords*>(shareArray(env_, self, "words", napi_uint32_array, words));
  return into.counters != nullptr && into.slab != nullptr && into.words != nullptr;
}

bool EngineObject::listen(napi_value self, napi_value received) {
  napi_value name = nullptr;
  const auto readable = [](void* owner, int status) { static_cast<EngineObject*>(owner)->readable(status); };
  return napi_create_string_utf8(env_, "frontrow.media", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_async_init(env_, self, name, &context_) == napi_ok &&
         napi_create_reference(env_, self, 1, &self_) == napi_ok &&
         napi_create_reference(env_, received, 1, &received_) == napi_ok &&
         SocketWatch::open(env_, engine->fd(), readable, watch_, this);
}

void EngineObject::close() {
  if (watch_ != nullptr) watch_->close();
  if (engine != nullptr) engine->close();
  if (context_ != nullptr) napi_async_destroy(env_, context_);
  if (self_ != nullptr) napi_delete_reference(env_, self_);
  if (received_ != nullptr) napi_delete_reference(env_, received_);
  context_ = nullptr;
  self_ = nullptr;
  received_ = nullptr;
}

void EngineObject::readable(int status) {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env_, &scope) != napi_ok) return;
  // The handle keeps this object alive, also when the callback closes it.
  napi_env env = env_;
  napi_value self = nullptr;
  napi_value received = nullptr;
  napi_get_reference_value(env_, self_, &self);
  napi_get_reference_value(env_, received_, &received);
  for (int batch = 0; batch < maxBatches && watch_ != nullptr; batch++) {
    const int outcome = status < 0 ? status : engine->receiver.receive(engine->fd(), engine->peers);
    // Until nothing is left: what came while a batch was being handled leaves with it, equal packets as one message.
    if (outcome == 0 || !tell(self, received, outcome)) break;
  }
  napi_close_handle_scope(env, scope);
}

// False when the callback threw, which counts as an uncaught exception of the thread.
bool EngineObject::tell(napi_value self, napi_value received, int outcome) {
  napi_env env = env_;
  napi_value argument = nullptr;
  napi_create_int32(env, outcome, &argument);
  const napi_status called = napi_make_callback(env, context_, self, received, 1, &argument, nullptr);
  if (called == napi_ok) return true;
  napi_value thrown = nullptr;
  if (called == napi_pending_exception && napi_get_and_clear_last_exception(env, &thrown) == napi_ok) {
    napi_fatal_exception(env, thrown);
  }
  return false;
}

}  // namespace frontrow
