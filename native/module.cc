// What the addon exports. It keeps no global state, so that each worker thread has its own.
#include <node_api.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libuv.h"
#include "objects.h"

namespace {

// Linux schedules threads, not processes, by this value; it takes the right to raise priorities.
constexpr int mediaNiceness = -10;

napi_value raisePriority(napi_env env, napi_callback_info) {
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  napi_value done = nullptr;
  napi_get_boolean(env, setpriority(PRIO_PROCESS, thread, mediaNiceness) == 0, &done);
  return done;
}

}  // namespace

NAPI_MODULE_INIT() {
  // The hand-written declarations are those of libuv 1.
  if (uv_version() >> 16 != 1) {
    napi_throw_error(env, nullptr, "the native engine knows libuv 1 only");
    return nullptr;
  }
  napi_value priority = nullptr;
  napi_create_function(env, "raisePriority", NAPI_AUTO_LENGTH, raisePriority, nullptr, &priority);
  napi_set_named_property(env, exports, "Engine", frontrow::defineEngine(env));
  napi_set_named_property(env, exports, "SrtpSession", frontrow::defineSession(env));
  napi_set_named_property(env, exports, "raisePriority", priority);
  return exports;
}
