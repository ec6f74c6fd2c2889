#include "cli/config_warning.h"

#include <algorithm>

#include "base/log.h"
#include "base/strings.h"
#include "model/config.h"

namespace sotto {
namespace {

constexpr size_t kMaxNamedFields = 8;

}  // namespace

std::string ConfigWarning(const std::string& model_path, std::span<const std::string> fields) {
  if (fields.empty()) return "";
  std::string names;
  for (size_t i = 0; i < std::min(fields.size(), kMaxNamedFields); ++i) {
    names += StrCat(i == 0 ? "" : ", ", fields[i]);
  }
  if (fields.size() > kMaxNamedFields)
    names += StrCat(", and ", fields.size() - kMaxNamedFields, " more");
  const bool one = fields.size() == 1;
  return StrCat(model_path, "/", kConfigName, ": ignoring unknown field", one ? " " : "s ", names,
                "; results are wrong if the model depends on ", one ? "it" : "them");
}

void WarnOfConfig(const std::string& model_path, std::span<const std::string> fields,
                  std::span<const std::string> warnings) {
  for (const std::string& text : warnings) {
    Log(LogLevel::kWarning, StrCat(model_path, "/", kConfigName, ": ", text));
  }
  const std::string warning = ConfigWarning(model_path, fields);
  if (!warning.empty()) Log(LogLevel::kWarning, warning);
}

void WarnOfWeights(const std::string& model_path, std::span<const std::string> warnings,
                   const std::string& logits_warning) {
  for (const std::string& text : warnings) {
    Log(LogLevel::kWarning, StrCat(model_path, "/", text));
  }
  if (!logits_warning.empty()) Log(LogLevel::kWarning, StrCat(model_path, "/", logits_warning));
}

}  // namespace sotto
