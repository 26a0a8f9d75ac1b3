// Delays from sending to the kernel's stamp of arrival.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace load {

// In buckets: 25 us each up to 100 ms, then 1 ms each.
class DelayHistogram {
 public:
  static constexpr int kFine = 4'000;
  static constexpr int kCoarse = 1'000;
  void add(int64_t ns) {
    const int64_t fine = std::max<int64_t>(0, ns) / 25'000;
    const int64_t bucket = fine < kFine ? fine : std::min<int64_t>(kFine + kCoarse - 1, kFine + ns / 1'000'000 - 100);
    counts_[static_cast<size_t>(bucket)]++;
  }
  const std::vector<double>& counts() const { return counts_; }

 private:
  std::vector<double> counts_ = std::vector<double>(kFine + kCoarse);
};

}  // namespace load
