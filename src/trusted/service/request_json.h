// JSON bodies of requests. TRUSTED: they hold prompts; what is parsed is wiped when it goes.
#ifndef SOTTO_TRUSTED_SERVICE_REQUEST_JSON_H_
#define SOTTO_TRUSTED_SERVICE_REQUEST_JSON_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/wiping_allocator.h"
#include "trusted/service/request_limits.h"
#include "trusted/service/secret_ids.h"

namespace sotto {

using RequestJson = nlohmann::basic_json<std::map, std::vector, SecretString, bool, int64_t,
                                         uint64_t, double, WipingAllocator>;

// The members of a body that is one JSON object. Null counts as absent. Errors are INVALID_ARGUMENT
// that name the member (service_error.h), never what it holds.
class RequestFields {
 public:
  // Errors also for members that are not `known`, as for misspelt ones, for one that is given
  // twice, for more levels than base/json_depth.h allows, and, before anything is made of it, for
  // much more than a request within the limits can say.
  static absl::StatusOr<RequestFields> Parse(std::string_view body,
                                             std::span<const std::string_view> known,
                                             const RequestLimits& limits);

  // Null where it is absent.
  const RequestJson* Find(std::string_view name) const;
  // The first member that stands there with nothing in it.
  std::optional<std::string> NullMember() const;
  absl::StatusOr<bool> Bool(std::string_view name, bool otherwise) const;
  absl::StatusOr<std::optional<int64_t>> Integer(std::string_view name, int64_t min,
                                                 int64_t max) const;
  absl::StatusOr<std::optional<double>> Number(std::string_view name, double min, double max) const;
  absl::StatusOr<std::optional<SecretString>> String(std::string_view name) const;
  // A string, or an array of one or more.
  absl::StatusOr<SecretVector<SecretString>> Strings(std::string_view name) const;
  // An array of ids, none negative, perhaps empty.
  absl::StatusOr<std::optional<SecretIds>> Ids(std::string_view name) const;
  // Errors unless the member is absent or `value`: what it asks for otherwise is not done.
  absl::Status Only(std::string_view name, const RequestJson& value, std::string_view why) const;
  // Errors for more prompts than one request may have.
  absl::Status CheckPromptCount(std::string_view name, size_t count) const;

 private:
  RequestFields(RequestJson object, const RequestLimits& limits)
      : object_(std::move(object)), limits_(limits) {}
  RequestJson object_;
  RequestLimits limits_;
};

// Whether it is an array of integers; an empty one is.
bool IsIdArray(const RequestJson& value);
// INVALID_ARGUMENT naming `member` for what is no id.
absl::StatusOr<SecretIds> IdsOfArray(const RequestJson& array, std::string_view member);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_REQUEST_JSON_H_
