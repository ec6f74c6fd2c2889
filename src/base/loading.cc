#include "base/loading.h"

#include <mutex>

namespace sotto {
namespace {

std::mutex g_mutex;
LoadingState g_state;

}  // namespace

void ReportLoading(const char* step, size_t done, size_t total) {
  const std::lock_guard lock(g_mutex);
  g_state = {step, done, total};
}

LoadingState CurrentLoading() {
  const std::lock_guard lock(g_mutex);
  return g_state;
}

}  // namespace sotto
