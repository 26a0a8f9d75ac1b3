// Time as the load clients tell it: nanoseconds of the wall clock, because the kernel stamps datagrams with that one.
#pragma once

#include <time.h>

#include <cstdint>

namespace load {

constexpr int64_t kMillisecondNs = 1'000'000;
constexpr int64_t kSecondNs = 1'000'000'000;

inline int64_t toNs(const timespec& time) { return time.tv_sec * kSecondNs + time.tv_nsec; }

inline int64_t nowNs() {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return toNs(time);
}

// CPU that the calling thread has used.
inline int64_t threadCpuNs() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return toNs(time);
}

inline void sleepUntilNs(int64_t atNs) {
  const timespec time{static_cast<time_t>(atNs / kSecondNs), static_cast<long>(atNs % kSecondNs)};
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, nullptr);
}

}  // namespace load
