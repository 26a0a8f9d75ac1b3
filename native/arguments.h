// The arguments of one call from JavaScript. Whatever does not fit becomes a TypeError there, and the call does nothing.
#pragma once

#include <node_api.h>

#include <cstdio>
#include <string>

#include "bytes.h"

namespace frontrow {

class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info) : env_(env) {
    size_t count = maxCount;
    if (napi_get_cb_info(env, info, &count, values_, &self_, nullptr) != napi_ok) count = 0;
    count_ = count < maxCount ? count : maxCount;
  }

  napi_value self() const { return self_; }

  // Whether this is `new Class(...)`; a TypeError otherwise.
  bool constructing(napi_callback_info info) const {
    napi_value target = nullptr;
    if (napi_get_new_target(env_, info, &target) == napi_ok && target != nullptr) return true;
    napi_throw_type_error(env_, nullptr, "a class is called with new");
    return false;
  }

  // The object behind `this`; null (and a TypeError) when there is none.
  template <typename Wrapped>
  Wrapped* wrapped() const {
    void* object = nullptr;
    if (self_ != nullptr && napi_unwrap(env_, self_, &object) == napi_ok) return static_cast<Wrapped*>(object);
    napi_throw_type_error(env_, nullptr, "called on something else");
    return nullptr;
  }

  bool number(size_t at, uint32_t& into) const {
    return at < count_ && napi_get_value_uint32(env_, values_[at], &into) == napi_ok ? true : refuse(at, "a number");
  }

  bool boolean(size_t at, bool& into) const {
    return at < count_ && napi_get_value_bool(env_, values_[at], &into) == napi_ok ? true : refuse(at, "a boolean");
  }

  // A Uint8Array or Buffer.
  bool bytes(size_t at, Bytes& into) const {
    void* data = nullptr;
    if (!typed(at, napi_uint8_array, data, into.length)) return refuse(at, "a Uint8Array");
    into.data = static_cast<const uint8_t*>(data);
    return true;
  }

  // A Uint32Array.
  bool words(size_t at, const uint32_t*& into, size_t& count) const {
    void* data = nullptr;
    if (!typed(at, napi_uint32_array, data, count)) return refuse(at, "a Uint32Array");
    into = static_cast<const uint32_t*>(data);
    return true;
  }

  // At most 127 bytes: addresses.
  bool text(size_t at, std::string& into) const {
    char buffer[128];
    size_t length = 0;
    if (at >= count_ || napi_get_value_string_utf8(env_, values_[at], buffer, sizeof buffer, &length) != napi_ok) {
      return refuse(at, "a string");
    }
    into.assign(buffer, length);
    return true;
  }

  bool function(size_t at, napi_value& into) const {
    napi_valuetype type = napi_undefined;
    if (at >= count_ || napi_typeof(env_, values_[at], &type) != napi_ok || type != napi_function) {
      return refuse(at, "a function");
    }
    into = values_[at];
    return true;
  }

 private:
  static constexpr size_t maxCount = 8;

  bool typed(size_t at, napi_typedarray_type wanted, void*& data, size_t& length) const {
    napi_typedarray_type type = napi_int8_array;
    return at < count_ &&
           napi_get_typedarray_info(env_, values_[at], &type, &length, &data, nullptr, nullptr) == napi_ok &&
           type == wanted;
  }

  bool refuse(size_t at, const char* wanted) const {
    char message[64];
    std::snprintf(message, sizeof message, "argument %zu must be %s", at + 1, wanted);
    napi_throw_type_error(env_, nullptr, message);
    return false;
  }

  napi_env env_;
  napi_value self_ = nullptr;
  napi_value values_[maxCount] = {};
  size_t count_ = 0;
};

inline napi_value toValue(napi_env env, uint32_t number) {
  napi_value value = nullptr;
  napi_create_uint32(env, number, &value);
  return value;
}

inline napi_value toValue(napi_env env, int number) {
  napi_value value = nullptr;
  napi_create_int32(env, number, &value);
  return value;
}

// Master keys from five arguments: profile, local key and salt, remote key and salt. False with an exception pending.
bool masterKeys(const Arguments& arguments, struct MasterKeys& into);

}  // namespace frontrow
