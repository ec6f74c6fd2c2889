#include "model/json_fields.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "base/json_depth.h"
#include "base/strings.h"
#include "base/unique_keys.h"
#include "model/printable.h"

namespace sotto {
namespace {

using Json = nlohmann::json;

// A short form of a value for a message: numbers as they are, anything else by its kind, because a
// string from a file may hold control characters or megabytes.
std::string Describe(const Json& value) {
  if (value.is_number() || value.is_boolean()) return value.dump();
  return StrCat("a value of type ", value.type_name());
}

std::optional<int64_t> IntegerOf(const Json& value) {
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t{INT64_MAX});
  return fits ? std::optional(value.get<int64_t>()) : std::nullopt;
}

// Also of a string that is one in decimal digits.
std::optional<int64_t> SpelledInteger(const Json& value) {
  if (!value.is_string()) return IntegerOf(value);
  const auto& text = value.get_ref<const std::string&>();
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

absl::StatusOr<JsonFields> JsonFields::Parse(std::string_view text, const std::string& source) {
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(text, source));
  Json json = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::DataLossError(StrCat(source, ": not valid JSON"));
  if (const std::optional<std::string> twice = KeyGivenTwice<Json>(text); twice.has_value()) {
    return absl::InvalidArgumentError(StrCat(source, ": ", Printable(*twice), " appears twice"));
  }
  if (!json.is_object()) {
    return absl::InvalidArgumentError(StrCat(source, ": the outermost value is not an object"));
  }
  return JsonFields(std::move(json), source, "");
}

const Json* JsonFields::Get(const char* field) const {
  read_.insert(field);
  const auto it = object_.find(field);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

bool JsonFields::IsNull(const char* field) const {
  const auto it = object_.find(field);
  return it != object_.end() && it->is_null();
}

bool JsonFields::Has(const char* field) const { return Get(field) != nullptr; }

absl::Status JsonFields::Invalid(std::string_view field, std::string_view what) const {
  return absl::InvalidArgumentError(StrCat(source_, ": ", prefix_, field, " ", what));
}

absl::Status JsonFields::Unsupported(std::string_view field, std::string_view what) const {
  return absl::UnimplementedError(StrCat(source_, ": ", prefix_, field, " ", what));
}

absl::Status JsonFields::OnlyNeutral(const char* field, const Json& neutral) const {
  const Json* value = Get(field);
  if (value == nullptr || *value == neutral) return absl::OkStatus();
  const std::string supported =
      neutral.is_null() ? "it must be absent" : StrCat("supported is ", neutral.dump());
  return Unsupported(field, StrCat("is ", Describe(*value), "; ", supported));
}

std::vector<std::string> JsonFields::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : object_.items()) {
    if (!value.is_null()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> JsonFields::Unread() const {
  std::vector<std::string> names = Names();
  std::erase_if(names, [&](const std::string& name) { return read_.contains(name); });
  return names;
}

absl::StatusOr<int64_t> JsonFields::ToInteger(const Json& value, const char* field, int64_t min,
                                              int64_t max) const {
  const std::optional<int64_t> number = IntegerOf(value);
  if (!number || *number < min || *number > max) {
    return Invalid(
        field, StrCat("is ", Describe(value), "; it must be an integer from ", min, " to ", max));
  }
  return *number;
}

absl::StatusOr<std::optional<int64_t>> JsonFields::Integer(const char* field, int64_t min,
                                                           int64_t max) const {
  const Json* value = Get(field);
  if (value == nullptr) return std::nullopt;
  return ToInteger(*value, field, min, max);
}

absl::StatusOr<std::optional<double>> JsonFields::Number(const char* field, double min,
                                                         double max) const {
  const Json* value = Get(field);
  if (value == nullptr) return std::nullopt;
  const double number = value->is_number() ? value->get<double>() : NAN;
  if (!(number >= min && number <= max)) {  // Not a number fails both.
    return Invalid(
        field, StrCat("is ", Describe(*value), "; it must be a number from ", min, " to ", max));
  }
  return number;
}

absl::StatusOr<std::optional<bool>> JsonFields::Bool(const char* field) const {
  const Json* value = Get(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) {
    return Invalid(field, StrCat("is ", Describe(*value), "; it must be true or false"));
  }
  return value->get<bool>();
}

absl::StatusOr<std::optional<std::string>> JsonFields::Text(const char* field) const {
  const Json* value = Get(field);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    return Invalid(field, StrCat("is ", Describe(*value), "; it must be a string"));
  }
  return value->get<std::string>();
}

absl::StatusOr<JsonFields> JsonFields::Object(const char* field) const {
  const Json* value = Get(field);
  if (value == nullptr) return JsonFields(Json::object(), source_, StrCat(prefix_, field, "."));
  if (!value->is_object()) {
    return Invalid(field, StrCat("is ", Describe(*value), "; it must be an object or null"));
  }
  return JsonFields(*value, source_, StrCat(prefix_, field, "."));
}

absl::StatusOr<std::vector<int64_t>> JsonFields::IntegerList(const char* field, int64_t min,
                                                             int64_t max) const {
  const Json* value = Get(field);
  std::vector<int64_t> list;
  if (value == nullptr) return list;
  const Json& items = value->is_array() ? *value : Json::array({*value});
  for (const Json& item : items) {
    SOTTO_ASSIGN_OR_RETURN(const int64_t number, ToInteger(item, field, min, max));
    list.push_back(number);
  }
  return list;
}

absl::StatusOr<std::vector<std::string>> JsonFields::TextList(const char* field) const {
  const Json* value = Get(field);
  std::vector<std::string> list;
  if (value == nullptr) return list;
  if (!value->is_array()) {
    return Invalid(field, StrCat("is ", Describe(*value), "; it must be a list of strings"));
  }
  for (const Json& item : *value) {
    if (!item.is_string()) {
      return Invalid(field, StrCat("holds ", Describe(item), "; it must be a list of strings"));
    }
    list.push_back(item.get<std::string>());
  }
  return list;
}

absl::StatusOr<std::map<std::string, int64_t>> JsonFields::IntegerMap(const char* field,
                                                                      int64_t min,
                                                                      int64_t max) const {
  SOTTO_ASSIGN_OR_RETURN(const JsonFields members, Object(field));
  std::map<std::string, int64_t> numbers;
  for (const auto& [name, value] : members.object_.items()) {
    const std::optional<int64_t> number = SpelledInteger(value);
    if (!number || *number < min || *number > max) {
      return Invalid(field, StrCat("gives ", Printable(name), " ", Describe(value),
                                   "; it must be an integer from ", min, " to ", max));
    }
    numbers.emplace(name, *number);
  }
  return numbers;
}

}  // namespace sotto
