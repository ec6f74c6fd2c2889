// A value inside a JSON document that knows its place, so that every error names file and field.
#ifndef SOTTO_TRUSTED_TOKENIZER_JSON_VALUE_H_
#define SOTTO_TRUSTED_TOKENIZER_JSON_VALUE_H_

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sotto {

// Cheap to copy but for its path. Views into a simdjson document, which must outlive it.
class JsonValue {
 public:
  JsonValue(simdjson::dom::element element, std::string source, std::string path)
      : element_(element), source_(std::move(source)), path_(std::move(path)) {}

  bool is_string() const { return element_.is_string(); }
  bool is_null() const { return element_.is_null(); }

  // INVALID_ARGUMENT naming the field when the value has another type.
  absl::StatusOr<std::string_view> String() const;
  absl::StatusOr<bool> Bool() const;
  absl::StatusOr<int64_t> Int() const;
  absl::StatusOr<double> Number() const;
  absl::StatusOr<simdjson::dom::object> Object() const;
  absl::StatusOr<simdjson::dom::array> Array() const;
  // An array's elements, each with its place. INVALID_ARGUMENT when there are more than `limit`.
  absl::StatusOr<std::vector<JsonValue>> Elements(size_t limit) const;

  // A member of an object. INVALID_ARGUMENT when it is missing or null.
  absl::StatusOr<JsonValue> Member(std::string_view key) const;
  // nullopt when it is missing or null.
  absl::StatusOr<std::optional<JsonValue>> OptionalMember(std::string_view key) const;
  // nullopt when it is missing: a null is a value.
  absl::StatusOr<std::optional<JsonValue>> MemberOrNull(std::string_view key) const;
  absl::StatusOr<std::string_view> StringMember(std::string_view key) const;
  absl::StatusOr<bool> BoolMember(std::string_view key) const;
  // One that may be missing, but not null.
  absl::StatusOr<bool> BoolMember(std::string_view key, bool if_missing) const;
  // One that may be null, too.
  absl::StatusOr<bool> OptionalBool(std::string_view key, bool otherwise) const;

  // INVALID_ARGUMENT, "SOURCE: PATH: WHAT".
  absl::Status Error(std::string_view what) const;
  // The same for a value of an array or object that has no JsonValue of its own.
  absl::Status ErrorAt(std::string_view subscript, std::string_view what) const;
  // UNIMPLEMENTED: `found` is not one of `supported`. Of `found`, 80 printable characters are
  // shown.
  absl::Status Unsupported(std::string_view found, std::string_view supported) const;
  // "SOURCE: PATH".
  std::string place() const { return source_ + ": " + path_; }
  // `status` with this place before its message.
  absl::Status Annotate(const absl::Status& status) const;

 private:
  absl::Status WrongType(std::string_view wanted) const;

  simdjson::dom::element element_;
  std::string source_, path_;
};

// Parses `json` and hands its outermost value to `read`, for as long as that takes. DATA_LOSS,
// naming `source`, for what is no JSON; errors as CheckJsonDepth(), and those of `read`.
absl::Status ReadJsonText(std::string_view json, const std::string& source,
                          const std::function<absl::Status(const JsonValue& root)>& read);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_JSON_VALUE_H_
