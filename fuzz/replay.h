// A fuzz target as an ordinary test.
#ifndef SOTTO_FUZZ_REPLAY_H_
#define SOTTO_FUZZ_REPLAY_H_

#include <cstddef>
#include <cstdint>

namespace sotto {

// Made before main(): registers the test FuzzReplay.NAME, which calls `target` with the bytes of
// each file of corpus/NAME, and fails where there is none.
class FuzzReplay {
 public:
  FuzzReplay(const char* name, int (*target)(const uint8_t* data, size_t size));
};

}  // namespace sotto

#endif  // SOTTO_FUZZ_REPLAY_H_
