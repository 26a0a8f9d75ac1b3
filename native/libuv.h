// The part of libuv that watches a socket, declared by hand: the node program exports it, and its ABI is stable within
// version 1. Handles are made with the size that libuv itself tells.
#pragma once

#include <cstddef>

extern "C" {

struct uv_loop_s;
struct uv_handle_s;
using uv_loop_t = uv_loop_s;
// Every libuv handle begins with a uv_handle_t; only pointers to it are used here.
using uv_handle_t = uv_handle_s;
using uv_poll_t = uv_handle_s;
using uv_poll_cb = void (*)(uv_poll_t* handle, int status, int events);
using uv_close_cb = void (*)(uv_handle_t* handle);

unsigned int uv_version();
size_t uv_handle_size(int type);
void* uv_handle_get_data(const uv_handle_t* handle);
void uv_handle_set_data(uv_handle_t* handle, void* data);
int uv_poll_init(uv_loop_t* loop, uv_poll_t* handle, int fd);
int uv_poll_start(uv_poll_t* handle, int events, uv_poll_cb callback);
int uv_poll_stop(uv_poll_t* handle);
void uv_close(uv_handle_t* handle, uv_close_cb callback);
}

namespace frontrow {

// UV_POLL of uv_handle_type and UV_READABLE of uv_poll_event.
constexpr int uvPollType = 8;
constexpr int uvReadable = 1;

}  // namespace frontrow
