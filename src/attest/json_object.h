// Typed reading of the members of collateral's JSON objects, with errors that name the member.
#ifndef SOTTO_ATTEST_JSON_OBJECT_H_
#define SOTTO_ATTEST_JSON_OBJECT_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sotto {

// Every call is INVALID_ARGUMENT "PATH.MEMBER is not ..." when the member is missing or of another
// form. Bytes are written as hexadecimal digits.
class JsonObject {
 public:
  // INVALID_ARGUMENT for what is not JSON, nests too deeply, gives a member twice, or is no object.
  static absl::StatusOr<JsonObject> Parse(std::string_view text);

  bool Has(const char* member) const;
  absl::StatusOr<std::string> Text(const char* member) const;
  absl::StatusOr<int64_t> Integer(const char* member, int64_t min, int64_t max) const;
  absl::StatusOr<std::string> Bytes(const char* member, size_t size) const;  // In either case.
  // Lower-case digits, so that there is one form of each, or an array of integers.
  absl::StatusOr<std::string> BytesOrArray(const char* member) const;
  absl::StatusOr<std::chrono::sys_seconds> Date(const char* member) const;
  absl::StatusOr<JsonObject> Object(const char* member) const;
  absl::StatusOr<std::vector<JsonObject>> Objects(const char* member) const;
  // These are empty when the member is absent.
  absl::StatusOr<std::vector<JsonObject>> OptionalObjects(const char* member) const;
  absl::StatusOr<std::vector<std::string>> OptionalTexts(const char* member) const;
  absl::StatusOr<std::string> OptionalText(const char* member) const;  // Or null.
  std::vector<std::string> Names() const;
  const nlohmann::json& json() const { return *object_; }

 private:
  JsonObject(std::shared_ptr<const nlohmann::json> root, const nlohmann::json* object,
             std::string path)
      : root_(std::move(root)), object_(object), path_(std::move(path)) {}
  const nlohmann::json* Find(const char* member) const;
  absl::Status Not(const char* member, std::string_view what) const;

  std::shared_ptr<const nlohmann::json> root_;
  const nlohmann::json* object_;  // In root_.
  std::string path_;              // "tcbLevels[2].", or nothing.
};

}  // namespace sotto

#endif  // SOTTO_ATTEST_JSON_OBJECT_H_
