// Runs the engine without JavaScript under AddressSanitizer and UndefinedBehaviorSanitizer: fuzz INPUTS STEPS SEED.
// Without arguments it reads one byte too many, and must not survive that: a sanitizer that sleeps finds nothing.
#include <cstdio>
#include <cstdlib>

#include "random.h"

namespace {

int overread() {
  fuzz::Exact bytes({1, 2, 3});
  const volatile uint8_t* data = bytes.data();
  return data[bytes.length()] == 0 ? 0 : 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) return overread();
  const auto number = [arguments](int at) { return static_cast<size_t>(std::strtoul(arguments[at], nullptr, 10)); };
  fuzz::Random random(number(3));
  const size_t inputs = fuzz::unprotectInputs(random, number(1));
  const size_t steps = fuzz::fanoutSteps(random, number(2));
  std::printf("%zu inputs to unprotect, %zu steps of fan-out: nothing found\n", inputs, steps);
  return 0;
}
