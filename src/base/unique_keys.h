// Members given twice in one JSON object. Readers differ in which of the two they take, so that a
// file could mean one thing here and another elsewhere.
#ifndef SOTTO_BASE_UNIQUE_KEYS_H_
#define SOTTO_BASE_UNIQUE_KEYS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/json_depth.h"

namespace sotto {

// Watches one parse of nlohmann's, and ends it at the first name that an object gives twice. (The
// callback of its other interface takes quadratic time in arrays of objects.) `Json` is the
// library's type of values.
template <typename Json>
class UniqueKeys final : public Json::json_sax_t {
 public:
  // The first name that was given twice: bytes of the file.
  const std::optional<std::string>& twice() const { return twice_; }

  bool key(typename Json::string_t& name) override {
    std::string copy(name.data(), name.size());
    if (open_.back().insert(copy).second) return true;
    twice_ = std::move(copy);
    return false;
  }
  bool start_object(std::size_t) override {
    open_.emplace_back();
    return true;
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(typename Json::number_integer_t) override { return true; }
  bool number_unsigned(typename Json::number_unsigned_t) override { return true; }
  bool number_float(typename Json::number_float_t, const typename Json::string_t&) override {
    return true;
  }
  bool string(typename Json::string_t&) override { return true; }
  bool binary(typename Json::binary_t&) override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const typename Json::exception&) override {
    return false;
  }

 private:
  std::vector<std::unordered_set<std::string>> open_;  // Names so far, of each object around.
  std::optional<std::string> twice_;
};

// Nullopt where there is none, and for text that is not JSON or nests too deeply. Linear.
template <typename Json>
std::optional<std::string> KeyGivenTwice(std::string_view text) {
  UniqueKeys<Json> keys;
  if (CheckJsonDepth(text, "").ok()) Json::sax_parse(text, &keys);
  return keys.twice();
}

}  // namespace sotto

#endif  // SOTTO_BASE_UNIQUE_KEYS_H_
