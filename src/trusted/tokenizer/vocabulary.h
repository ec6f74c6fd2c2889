// Token strings <-> ids.
#ifndef SOTTO_TRUSTED_TOKENIZER_VOCABULARY_H_
#define SOTTO_TRUSTED_TOKENIZER_VOCABULARY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"

namespace sotto {

class Vocabulary {
 public:
  void Reserve(size_t tokens) { ids_.reserve(tokens); }

  // False, and nothing changed, when `token` is there already.
  bool Add(std::string token, int32_t id) {
    if (Find(token).has_value()) return false;
    strings_.push_back(std::move(token));
    ids_.emplace(ToAbsl(strings_.back()), id);
    return true;
  }

  // The same, but a token that is there already gets the new id.
  void Set(std::string token, int32_t id) {
    const auto it = ids_.find(ToAbsl(token));
    if (it == ids_.end()) {
      Add(std::move(token), id);
    } else {
      it->second = id;
    }
  }

  std::optional<int32_t> Find(std::string_view token) const {
    const auto it = ids_.find(ToAbsl(token));
    if (it == ids_.end()) return std::nullopt;
    return it->second;
  }

  size_t size() const { return ids_.size(); }

 private:
  std::deque<std::string> strings_;  // Never moved: the keys below point into them.
  absl::flat_hash_map<absl::string_view, int32_t> ids_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_TOKENIZER_VOCABULARY_H_
