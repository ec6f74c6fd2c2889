#include "model/families/family.h"

#include <string>
#include <vector>

#include "base/check.h"
#include "base/strings.h"
#include "model/families/head_fields.h"
#include "model/printable.h"

namespace sotto {
namespace {

constexpr const ModelFamily* kFamilies[] = {&kLlamaFamily, &kMistralFamily, &kQwen2Family,
                                            &kQwen3Family};

constexpr HeadKind kHeads[] = {HeadKind::kLmHead, HeadKind::kClassifier, HeadKind::kNone};

std::string ArchitectureNames() {
  std::string names;
  for (const ModelFamily* family : kFamilies) {
    names += StrCat(names.empty() ? "" : ", ", Architecture{family}.name());
  }
  return StrCat(names, ", and the same with ", ArchitectureSuffix(HeadKind::kClassifier), " or ",
                ArchitectureSuffix(HeadKind::kNone), " at their end");
}

std::string ModelTypes() {
  std::string types;
  for (const ModelFamily* family : kFamilies) {
    types += StrCat(types.empty() ? "" : ", ", family->model_type);
  }
  return types;
}

// Its family is null if there is no such architecture.
Architecture Parse(std::string_view name) {
  for (const HeadKind head : kHeads) {
    const std::string_view suffix = ArchitectureSuffix(head);
    if (!name.ends_with(suffix)) continue;
    const std::string_view stem = name.substr(0, name.size() - suffix.size());
    for (const ModelFamily* family : kFamilies) {
      if (stem == family->name || (family->old_name != nullptr && stem == family->old_name)) {
        return {family, head};
      }
    }
  }
  return {};
}

// The one architecture that all of `names` are; of no family if there are none.
absl::StatusOr<Architecture> ParseAll(const JsonFields& fields,
                                      const std::vector<std::string>& names) {
  Architecture all;
  for (const std::string& name : names) {
    const Architecture one = Parse(name);
    if (one.family == nullptr) {
      return fields.Unsupported(
          "architectures", StrCat("names ", Printable(name), "; supported: ", ArchitectureNames()));
    }
    if (all.family == nullptr) all = one;
    if (one.name() == all.name()) continue;
    return fields.Invalid("architectures", StrCat("names ", all.name(), " and ", one.name(),
                                                  ", of which a model can be but one"));
  }
  return all;
}

absl::StatusOr<const ModelFamily*> FamilyOfType(const JsonFields& fields, const std::string& type) {
  for (const ModelFamily* family : kFamilies) {
    if (type == family->model_type) return family;
  }
  return fields.Unsupported("model_type",
                            StrCat("is ", Printable(type), "; supported: ", ModelTypes()));
}

}  // namespace

std::string Architecture::name() const { return StrCat(family->name, ArchitectureSuffix(head)); }

Architecture ArchitectureNamed(std::string_view name) {
  const Architecture architecture = Parse(name);
  SOTTO_CHECK(architecture.family != nullptr);
  return architecture;
}

absl::StatusOr<Architecture> FindArchitecture(const JsonFields& fields) {
  SOTTO_ASSIGN_OR_RETURN(const auto architectures, fields.TextList("architectures"));
  SOTTO_ASSIGN_OR_RETURN(const auto model_type, fields.Text("model_type"));
  if (architectures.empty() && !model_type) {
    return fields.Invalid("architectures", StrCat("is missing; supported: ", ArchitectureNames()));
  }
  SOTTO_ASSIGN_OR_RETURN(Architecture architecture, ParseAll(fields, architectures));
  if (!model_type) return architecture;
  SOTTO_ASSIGN_OR_RETURN(const ModelFamily* const typed, FamilyOfType(fields, *model_type));
  if (architecture.family != nullptr && architecture.family != typed) {
    return fields.Invalid("model_type", StrCat("is ", Printable(*model_type), ", but architectures",
                                               " names ", architecture.name()));
  }
  architecture.family = typed;
  return architecture;
}

}  // namespace sotto
