// Typed reading of the fields of a small JSON object, with errors that name file and field.
#ifndef SOTTO_MODEL_JSON_FIELDS_H_
#define SOTTO_MODEL_JSON_FIELDS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "nlohmann/json.hpp"

namespace sotto {

// Not thread-safe: what was asked for is remembered.
// A field that is null counts as absent, as transformers treats it. A field of the wrong type or
// out of range is INVALID_ARGUMENT: "SOURCE: FIELD is -3; it must be an integer from 1 to 10".
class JsonFields {
 public:
  // DATA_LOSS when `text` is not JSON, INVALID_ARGUMENT when it is not an object.
  static absl::StatusOr<JsonFields> Parse(std::string_view text, const std::string& source);

  bool Has(const char* field) const;
  // Present, and null: transformers then does not put its default there.
  bool IsNull(const char* field) const;
  // These four: the value, or nothing when absent.
  absl::StatusOr<std::optional<int64_t>> Integer(const char* field, int64_t min, int64_t max) const;
  absl::StatusOr<std::optional<double>> Number(const char* field, double min, double max) const;
  absl::StatusOr<std::optional<bool>> Bool(const char* field) const;
  absl::StatusOr<std::optional<std::string>> Text(const char* field) const;
  // An object inside this one; its errors say "SOURCE: FIELD.INNER ...". Empty when absent.
  absl::StatusOr<JsonFields> Object(const char* field) const;
  // A number or a list of numbers; empty when absent.
  absl::StatusOr<std::vector<int64_t>> IntegerList(const char* field, int64_t min,
                                                   int64_t max) const;
  // A list of strings; empty when absent.
  absl::StatusOr<std::vector<std::string>> TextList(const char* field) const;

  // An object of integers, of which some tools write strings ("0"), by name; empty when absent.
  absl::StatusOr<std::map<std::string, int64_t>> IntegerMap(const char* field, int64_t min,
                                                            int64_t max) const;

  // UNIMPLEMENTED unless the field is absent or equal to `neutral`; null: unless it is absent.
  absl::Status OnlyNeutral(const char* field, const nlohmann::json& neutral) const;
  // The names of all fields that are not null, and of those that none of the calls above asked for.
  std::vector<std::string> Names() const;
  std::vector<std::string> Unread() const;

  // INVALID_ARGUMENT "SOURCE: FIELD WHAT".
  absl::Status Invalid(std::string_view field, std::string_view what) const;
  // UNIMPLEMENTED "SOURCE: FIELD WHAT".
  absl::Status Unsupported(std::string_view field, std::string_view what) const;

 private:
  JsonFields(nlohmann::json object, std::string source, std::string prefix)
      : object_(std::move(object)), source_(std::move(source)), prefix_(std::move(prefix)) {}
  const nlohmann::json* Get(const char* field) const;
  absl::StatusOr<int64_t> ToInteger(const nlohmann::json& value, const char* field, int64_t min,
                                    int64_t max) const;

  nlohmann::json object_;
  mutable std::set<std::string, std::less<>> read_;
  std::string source_, prefix_;
};

}  // namespace sotto

#endif  // SOTTO_MODEL_JSON_FIELDS_H_
