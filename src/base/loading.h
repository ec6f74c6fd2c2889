// How far the long steps at a program's start have come, for whoever shows it.
#ifndef SOTTO_BASE_LOADING_H_
#define SOTTO_BASE_LOADING_H_

#include <cstddef>

namespace sotto {

struct LoadingState {
  const char* step = nullptr;  // "packing weights"; null before the first.
  size_t done = 0, total = 0;  // In any unit.
};

// `step` lives for ever. Process-wide; thread-safe and cheap.
void ReportLoading(const char* step, size_t done, size_t total);
LoadingState CurrentLoading();

}  // namespace sotto

#endif  // SOTTO_BASE_LOADING_H_
