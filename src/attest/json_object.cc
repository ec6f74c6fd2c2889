#include "attest/json_object.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "attest/dates.h"
#include "attest/outside_json.h"
#include "base/strings.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

constexpr char kLowerHexDigits[] = "0123456789abcdef";

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isxdigit(static_cast<unsigned char>(c)); });
}

}  // namespace

absl::StatusOr<JsonObject> JsonObject::Parse(std::string_view text) {
  SOTTO_ASSIGN_OR_RETURN(Json parsed, ParseOutsideObject(text));
  auto root = std::make_shared<const Json>(std::move(parsed));
  const Json* const object = root.get();
  return JsonObject(std::move(root), object, "");
}

const Json* JsonObject::Find(const char* member) const {
  const auto it = object_->find(member);
  return it == object_->end() ? nullptr : &*it;
}

absl::Status JsonObject::Not(const char* member, std::string_view what) const {
  return absl::InvalidArgumentError(StrCat(path_, member, " is not ", what));
}

bool JsonObject::Has(const char* member) const { return Find(member) != nullptr; }

absl::StatusOr<std::string> JsonObject::Text(const char* member) const {
  const Json* const value = Find(member);
  if (value == nullptr || !value->is_string()) return Not(member, "a string");
  return value->get<std::string>();
}

absl::StatusOr<int64_t> JsonObject::Integer(const char* member, int64_t min, int64_t max) const {
  const Json* const value = Find(member);
  const bool fits =
      value != nullptr && value->is_number_integer() &&
      (!value->is_number_unsigned() || value->get<uint64_t>() <= uint64_t{INT64_MAX}) &&
      value->get<int64_t>() >= min && value->get<int64_t>() <= max;
  if (!fits) return Not(member, StrCat("an integer from ", min, " to ", max));
  return value->get<int64_t>();
}

absl::StatusOr<std::string> JsonObject::Bytes(const char* member, size_t size) const {
  const absl::StatusOr<std::string> text = Text(member);
  if (!text.ok() || text->size() != 2 * size || !IsHex(*text)) {
    return Not(member, StrCat(2 * size, " hexadecimal digits"));
  }
  return absl::HexStringToBytes(*text);
}

absl::StatusOr<std::string> JsonObject::BytesOrArray(const char* member) const {
  const absl::Status bad = Not(member, "lower-case hexadecimal digits, or an array of bytes");
  const Json* const value = Find(member);
  if (value == nullptr) return bad;
  if (value->is_string()) {
    const auto& text = value->get_ref<const std::string&>();
    const bool digits = text.find_first_not_of(kLowerHexDigits) == std::string::npos;
    if (!digits || text.size() % 2 != 0) return bad;
    return absl::HexStringToBytes(text);
  }
  if (!value->is_array()) return bad;
  std::string bytes;
  for (const Json& item : *value) {
    if (!item.is_number_unsigned() || item.get<uint64_t>() > UINT8_MAX) return bad;
    bytes.push_back(static_cast<char>(item.get<uint64_t>()));
  }
  return bytes;
}

absl::StatusOr<std::chrono::sys_seconds> JsonObject::Date(const char* member) const {
  const absl::StatusOr<std::string> text = Text(member);
  const bool whole = text.ok() && text->ends_with('Z');  // Not a day alone.
  const auto date = whole ? ParseDate(*text) : std::nullopt;
  if (!date.has_value()) return Not(member, "a date such as 2025-06-20T12:00:00Z");
  return *date;
}

absl::StatusOr<JsonObject> JsonObject::Object(const char* member) const {
  const Json* const value = Find(member);
  if (value == nullptr || !value->is_object()) return Not(member, "an object");
  return JsonObject(root_, value, StrCat(path_, member, "."));
}

absl::StatusOr<std::vector<JsonObject>> JsonObject::Objects(const char* member) const {
  const Json* const value = Find(member);
  std::vector<JsonObject> objects;
  if (value == nullptr || !value->is_array()) return Not(member, "an array of objects");
  for (const Json& item : *value) {
    if (!item.is_object()) return Not(member, "an array of objects");
    objects.push_back(JsonObject(root_, &item, StrCat(path_, member, "[", objects.size(), "].")));
  }
  return objects;
}

absl::StatusOr<std::vector<JsonObject>> JsonObject::OptionalObjects(const char* member) const {
  if (!Has(member)) return std::vector<JsonObject>();
  return Objects(member);
}

absl::StatusOr<std::vector<std::string>> JsonObject::OptionalTexts(const char* member) const {
  std::vector<std::string> texts;
  const Json* const value = Find(member);
  if (value == nullptr) return texts;
  if (!value->is_array()) return Not(member, "an array of strings");
  for (const Json& item : *value) {
    if (!item.is_string()) return Not(member, "an array of strings");
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

absl::StatusOr<std::string> JsonObject::OptionalText(const char* member) const {
  const Json* const value = Find(member);
  if (value == nullptr || value->is_null()) return std::string();
  return Text(member);
}

std::vector<std::string> JsonObject::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : object_->items()) names.push_back(name);
  return names;
}

}  // namespace sotto
