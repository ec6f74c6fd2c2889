// Numbers and names as the reports of `sotto bench` print them.
#ifndef SOTTO_TOOLS_BENCH_TEXT_H_
#define SOTTO_TOOLS_BENCH_TEXT_H_

#include <cstdio>
#include <string>

#include "trusted/linear/local.h"

namespace sotto {

// printf's formats, for texts of fewer than 256 bytes.
template <typename... Args>
std::string Format(const char* format, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, format, args...);
  return text;
}

inline std::string Name(Precision precision) { return std::string(PrecisionName(precision)); }

}  // namespace sotto

#endif  // SOTTO_TOOLS_BENCH_TEXT_H_
