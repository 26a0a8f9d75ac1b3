#include "farm.h"

#include <pthread.h>

#include <utility>

#include "clock.h"

namespace load {
namespace {

constexpr int64_t kTurnNs = 2 * kMillisecondNs;

}  // namespace

Farm::Farm(const DtlsIdentity& identity) : identity_(identity), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "load-viewers");
}

Farm::~Farm() {
  stopped_ = true;
  thread_.join();
}

int Farm::add(RemoteEnd remote, const ViewerOptions& options, int group) {
  const std::lock_guard lock(mutex_);
  auto viewer = std::make_unique<Viewer>(std::move(remote), identity_, options, tallies_[group]);
  drain_.add(*viewer);
  seats_.emplace(++lastId_, Seat{std::move(viewer), group});
  return lastId_;
}

void Farm::remove(int id) {
  const std::lock_guard lock(mutex_);
  const auto seat = seats_.find(id);
  if (seat == seats_.end()) return;
  departedDrops_[seat->second.group] += seat->second.viewer->kernelDrops();
  seat->second.viewer->leave();
  drain_.remove(*seat->second.viewer);
  seats_.erase(seat);
}

ViewerReport Farm::viewer(int id) {
  const std::lock_guard lock(mutex_);
  const auto seat = seats_.find(id);
  if (seat == seats_.end()) return {};
  const Viewer& viewer = *seat->second.viewer;
  return {viewer.state(), viewer.openedNs(), viewer.secureNs(), viewer.firstPacketNs()};
}

GroupReport Farm::group(int group) {
  const std::lock_guard lock(mutex_);
  GroupReport report{tallies_[group].counters, tallies_[group].delays.counts(), 0, 0, departedDrops_[group]};
  for (const auto& [id, seat] : seats_) {
    if (seat.group != group) continue;
    if (seat.viewer->state() == PeerState::kSecure) report.secure++;
    if (seat.viewer->state() == PeerState::kFailed) report.failed++;
    report.kernelDrops += seat.viewer->kernelDrops();
  }
  return report;
}

void Farm::run() {
  while (!stopped_) {
    const int64_t now = nowNs();
    {
      const std::lock_guard lock(mutex_);
      drain_.run();
      for (const auto& [id, seat] : seats_) seat.viewer->tick(now);
    }
    sleepUntilNs(now + kTurnNs);
  }
}

}  // namespace load
