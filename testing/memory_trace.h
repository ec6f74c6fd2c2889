// The addresses that a probe program loads, stores and executes, as valgrind's lackey sees them.
// Test-only.
#ifndef SOTTO_TESTING_MEMORY_TRACE_H_
#define SOTTO_TESTING_MEMORY_TRACE_H_

#include <stdio.h>
#include <stdlib.h>

#include <set>
#include <string>

#include "testing/paths.h"

namespace sotto {

inline bool HasValgrind() { return system("valgrind --version >/dev/null 2>&1") == 0; }

// A hash of the addresses that build/tests/`probe`, a name with arguments, loads, stores or
// executes, in order; "" without valgrind. The first million are left out: they are the loader's
// and the libraries' start, which reads what differs from run to run. Arguments that are compared
// have the same number of characters: what is parsed is the same.
inline std::string TraceHash(const std::string& probe) {
  // One thread: OpenMP does not look how busy the machine is. Valgrind's own lines begin with =.
  const std::string command =
      "export LC_ALL=C OMP_NUM_THREADS=1 OMP_DYNAMIC=false; "
      "valgrind --tool=lackey --trace-mem=yes --log-fd=9 " +
      BinaryDir() + "/tests/" + probe +
      " 9>&1 >/dev/null 2>/dev/null | grep -v '^=' | tail -n +1000001 | sha256sum";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "";
  char line[128] = {};
  const char* got = fgets(line, sizeof(line), pipe);
  return pclose(pipe) == 0 && got != nullptr ? line : "";
}

// Whether two probes can leave the same trace. Noise of the libraries' own (what OpenMP reads of a
// busy machine) may make a run differ; a trace that depends on the arguments differs in every run.
inline bool TracesMeet(const std::string& probe, const std::string& other_probe) {
  std::set<std::string> one, other;
  for (int run = 0; run < 3; ++run) {
    one.insert(TraceHash(probe));
    other.insert(TraceHash(other_probe));
    for (const std::string& trace : one) {
      if (!trace.empty() && other.contains(trace)) return true;
    }
  }
  return false;
}

}  // namespace sotto

#endif  // SOTTO_TESTING_MEMORY_TRACE_H_
