// All viewers of one load run, on a thread of their own.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "drain.h"
#include "viewer.h"

namespace load {

constexpr int kGroups = 2;

// What a group did so far.
struct GroupReport {
  Counters counters;
  std::vector<double> delays;
  int secure = 0;
  int failed = 0;
  double kernelDrops = 0;
};

// Where one viewer is, times in nanoseconds since 1970 and 0 for what has not been.
struct ViewerReport {
  PeerState state = PeerState::kLeft;
  int64_t openedNs = 0;
  int64_t secureNs = 0;
  int64_t firstPacketNs = 0;
};

class Farm {
 public:
  explicit Farm(const DtlsIdentity& identity);
  Farm(const Farm&) = delete;
  Farm& operator=(const Farm&) = delete;
  ~Farm();

  int add(RemoteEnd remote, const ViewerOptions& options, int group);
  void remove(int id);
  ViewerReport viewer(int id);
  GroupReport group(int group);

 private:
  struct Seat {
    std::unique_ptr<Viewer> viewer;
    int group;
  };

  void run();

  const DtlsIdentity& identity_;
  std::mutex mutex_;
  Drain drain_;
  Tally tallies_[kGroups];
  double departedDrops_[kGroups] = {};
  std::map<int, Seat> seats_;
  int lastId_ = 0;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

}  // namespace load
