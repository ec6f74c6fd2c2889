#include "trusted/tokenizer/json_value.h"

#include "base/json_depth.h"
#include "base/strings.h"

namespace sotto {
namespace {

// Text of a file as part of a one-line message.
std::string Printable(std::string_view text) {
  std::string out(text.substr(0, 80));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

}  // namespace

absl::StatusOr<std::string_view> JsonValue::String() const {
  std::string_view value;
  if (element_.get(value) != simdjson::SUCCESS) return WrongType("a string");
  return value;
}

absl::StatusOr<bool> JsonValue::Bool() const {
  bool value = false;
  if (element_.get(value) != simdjson::SUCCESS) return WrongType("true or false");
  return value;
}

absl::StatusOr<int64_t> JsonValue::Int() const {
  int64_t value = 0;
  if (element_.get(value) != simdjson::SUCCESS) return WrongType("an integer");
  return value;
}

absl::StatusOr<double> JsonValue::Number() const {
  double value = 0;
  if (element_.get(value) != simdjson::SUCCESS) return WrongType("a number");
  return value;
}

absl::StatusOr<simdjson::dom::object> JsonValue::Object() const {
  simdjson::dom::object value;
  if (element_.get(value) != simdjson::SUCCESS) return WrongType("an object");
  return value;
}

absl::StatusOr<simdjson::dom::array> JsonValue::Array() const {
  simdjson::dom::array value;
  if (element_.get(value) != simdjson::SUCCESS) return WrongType("an array");
  return value;
}

absl::StatusOr<std::vector<JsonValue>> JsonValue::Elements(size_t limit) const {
  SOTTO_ASSIGN_OR_RETURN(const simdjson::dom::array array, Array());
  std::vector<JsonValue> elements;
  for (const simdjson::dom::element element : array) {
    if (elements.size() == limit) return Error(StrCat("has more than ", limit, " entries"));
    elements.emplace_back(element, source_, StrCat(path_, "[", elements.size(), "]"));
  }
  return elements;
}

absl::StatusOr<std::optional<JsonValue>> JsonValue::MemberOrNull(std::string_view key) const {
  SOTTO_ASSIGN_OR_RETURN(const simdjson::dom::object object, Object());
  simdjson::dom::element member;
  size_t found = 0;
  for (const simdjson::dom::key_value_pair field : object) {
    if (field.key != key) continue;
    member = field.value;
    // Which of two would count differs from reader to reader.
    if (++found > 1) return ErrorAt(StrCat(path_.empty() ? "" : ".", key), "appears twice");
  }
  if (found == 0) return std::optional<JsonValue>();
  return std::optional<JsonValue>(
      JsonValue(member, source_, path_.empty() ? std::string(key) : StrCat(path_, ".", key)));
}

absl::StatusOr<std::optional<JsonValue>> JsonValue::OptionalMember(std::string_view key) const {
  SOTTO_ASSIGN_OR_RETURN(auto member, MemberOrNull(key));
  if (member.has_value() && member->is_null()) member.reset();
  return member;
}

absl::StatusOr<JsonValue> JsonValue::Member(std::string_view key) const {
  SOTTO_ASSIGN_OR_RETURN(auto member, OptionalMember(key));
  if (!member.has_value()) return ErrorAt(StrCat(path_.empty() ? "" : ".", key), "missing");
  return *std::move(member);
}

absl::StatusOr<std::string_view> JsonValue::StringMember(std::string_view key) const {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue member, Member(key));
  return member.String();
}

absl::StatusOr<bool> JsonValue::BoolMember(std::string_view key) const {
  SOTTO_ASSIGN_OR_RETURN(const JsonValue member, Member(key));
  return member.Bool();
}

absl::StatusOr<bool> JsonValue::BoolMember(std::string_view key, bool if_missing) const {
  SOTTO_ASSIGN_OR_RETURN(const auto member, MemberOrNull(key));
  if (!member.has_value()) return if_missing;
  return member->Bool();
}

absl::StatusOr<bool> JsonValue::OptionalBool(std::string_view key, bool otherwise) const {
  SOTTO_ASSIGN_OR_RETURN(const auto member, OptionalMember(key));
  if (!member.has_value()) return otherwise;
  return member->Bool();
}

absl::Status JsonValue::Error(std::string_view what) const { return ErrorAt("", what); }

absl::Status JsonValue::ErrorAt(std::string_view subscript, std::string_view what) const {
  const std::string place = StrCat(path_, subscript);
  return absl::InvalidArgumentError(StrCat(source_, ": ", place, place.empty() ? "" : ": ", what));
}

absl::Status JsonValue::Unsupported(std::string_view found, std::string_view supported) const {
  return absl::UnimplementedError(StrCat(source_, ": ", path_, path_.empty() ? "" : ": ",
                                         Printable(found),
                                         " is not supported (supported: ", supported, ")"));
}

absl::Status JsonValue::Annotate(const absl::Status& status) const {
  if (status.ok()) return status;
  return absl::Status(status.code(), ToAbsl(StrCat(source_, ": ", path_, path_.empty() ? "" : ": ",
                                                   ToStd(status.message()))));
}

absl::Status JsonValue::WrongType(std::string_view wanted) const {
  return Error(StrCat("must be ", wanted));
}

absl::Status ReadJsonText(std::string_view json, const std::string& source,
                          const std::function<absl::Status(const JsonValue& root)>& read) {
  SOTTO_RETURN_IF_ERROR(CheckJsonDepth(json, source));
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  // simdjson copies the text: an empty one may have no address.
  const simdjson::error_code error =
      json.empty() ? simdjson::EMPTY : parser.parse(json.data(), json.size()).get(document);
  if (error != simdjson::SUCCESS) {
    return absl::DataLossError(
        StrCat(source, ": not JSON, or cut short: ", simdjson::error_message(error)));
  }
  return read(JsonValue(document, source, ""));
}

}  // namespace sotto
