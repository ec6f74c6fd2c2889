#include "tools/machine_name.h"

#include <cctype>
#include <fstream>

#include "base/cpu.h"
#include "base/strings.h"

namespace sotto {
namespace {

std::string ModelName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown CPU";
}

// The first word of a file; empty where there is none.
std::string WordOf(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// "d" of Data, "i" of Instruction; nothing of Unified.
std::string TypeLetter(const std::string& type) {
  if (type.empty() || type == "Unified") return "";
  return std::string(1, static_cast<char>(std::tolower(static_cast<unsigned char>(type.front()))));
}

}  // namespace

std::string CachesUnder(const std::string& directory) {
  std::string caches;
  for (int i = 0;; ++i) {
    const std::string index = StrCat(directory, "/index", i);
    const std::string level = WordOf(StrCat(index, "/level")),
                      size = WordOf(StrCat(index, "/size"));
    if (level.empty() || size.empty()) return caches;
    caches += StrCat(caches.empty() ? "" : " ", "L", level, TypeLetter(WordOf(index + "/type")),
                     " ", size);
  }
}

std::string MachineName() {
  const std::string caches = CachesUnder("/sys/devices/system/cpu/cpu0/cache");
  return StrCat(ModelName(), " (", CpuFeatureString(), ")",
                caches.empty() ? "" : StrCat(", caches ", caches));
}

}  // namespace sotto
