// Members given twice in one JSON object. Readers differ in which of the two they take, so that a
// file could mean one thing here and another elsewhere.
#ifndef SOTTO_BASE_UNIQUE_KEYS_H_
#define SOTTO_BASE_UNIQUE_KEYS_H_

#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace sotto {

// Watches one parse of nlohmann's through its callback, which calls See() for every event.
class UniqueKeys {
 public:
  // `Event` and `Json` are nlohmann's parse_event_t and the value parsed.
  template <typename Event, typename Json>
  void See(Event event, const Json& value) {
    if (event == Event::object_start) open_.emplace_back();
    if (event == Event::object_end) open_.pop_back();
    if (event != Event::key || twice_.has_value()) return;
    auto key = value.template get<std::string>();
    if (!open_.back().insert(key).second) twice_ = std::move(key);
  }

  // The first name that was given twice: bytes of the file.
  const std::optional<std::string>& twice() const { return twice_; }

 private:
  std::vector<std::unordered_set<std::string>> open_;  // Names so far, of each object around.
  std::optional<std::string> twice_;
};

}  // namespace sotto

#endif  // SOTTO_BASE_UNIQUE_KEYS_H_
