// The classes that JavaScript sees, one file each.
#pragma once

#include <node_api.h>

namespace frontrow {

// new Engine(port, address, recvBufferBytes, sendBufferBytes, received)
napi_value defineEngine(napi_env env);
// new SrtpSession(profile, localKey, localSalt, remoteKey, remoteSalt)
napi_value defineSession(napi_env env);

}  // namespace frontrow
