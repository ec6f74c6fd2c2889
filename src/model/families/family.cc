#include "model/families/family.h"

#include <string>

#include "base/check.h"
#include "base/strings.h"
#include "model/printable.h"

namespace sotto {
namespace {

constexpr const ModelFamily* kFamilies[] = {&kLlamaFamily, &kMistralFamily, &kQwen2Family,
                                            &kQwen3Family};

std::string Names(const char* ModelFamily::*name) {
  std::string names;
  for (const ModelFamily* family : kFamilies) {
    names += StrCat(names.empty() ? "" : ", ", family->*name);
  }
  return names;
}

const ModelFamily* FamilyNamed(const char* ModelFamily::*name, std::string_view wanted) {
  for (const ModelFamily* family : kFamilies) {
    if (family->*name != nullptr && family->*name == wanted) return family;
  }
  return nullptr;
}

const ModelFamily* FamilyOfArchitecture(std::string_view name) {
  const ModelFamily* const family = FamilyNamed(&ModelFamily::architecture, name);
  return family != nullptr ? family : FamilyNamed(&ModelFamily::old_architecture, name);
}

}  // namespace

const ModelFamily& FamilyOf(std::string_view architecture) {
  const ModelFamily* const family = FamilyNamed(&ModelFamily::architecture, architecture);
  SOTTO_CHECK(family != nullptr);
  return *family;
}

absl::StatusOr<const ModelFamily*> FindFamily(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(const auto architectures, fields.TextList("architectures"));
  SOTTO_ASSIGN_OR_RETURN(const auto model_type, fields.Text("model_type"));
  if (architectures.empty() && !model_type) {
    return fields.Invalid("architectures",
                          StrCat("is missing; supported: ", Names(&ModelFamily::architecture)));
  }
  const ModelFamily* family = nullptr;
  if (!architectures.empty()) {
    family = FamilyOfArchitecture(architectures.front());
    if (family == nullptr) {
      return fields.Unsupported("architectures",
                                StrCat("names ", Printable(architectures.front()),
                                       "; supported: ", Names(&ModelFamily::architecture)));
    }
  }
  if (!model_type) return family;
  const ModelFamily* const typed = FamilyNamed(&ModelFamily::model_type, *model_type);
  if (typed == nullptr) {
    return fields.Unsupported(
        "model_type",
        StrCat("is ", Printable(*model_type), "; supported: ", Names(&ModelFamily::model_type)));
  }
  if (family != nullptr && family != typed) {
    return fields.Invalid("model_type", StrCat("is ", Printable(*model_type), ", but architectures",
                                               " names ", family->architecture));
  }
  return typed;
}

}  // namespace sotto
