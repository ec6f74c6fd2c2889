// Which prompts of a batch share a prefix worth computing once.
#ifndef SOTTO_TRUSTED_ENGINE_PREFIX_GROUPS_H_
#define SOTTO_TRUSTED_ENGINE_PREFIX_GROUPS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sotto {

struct PrefixGroup {
  std::vector<size_t> prompts;
  size_t shared_positions = 0;  // 0 when the group is one prompt.
};

// Positions that two prompts begin with alike.
size_t CommonPrefix(const std::vector<int32_t>& a, const std::vector<int32_t>& b);

// Partitions the prompts so that the positions saved, the sum of (members - 1) * shared_positions,
// are the most that groups of neighbours in lexicographic order allow; ties keep groups small. No
// group shares fewer than `min_shared` positions, at least 1. `owners`: of each prompt; a group has
// one owner. Empty: all have the same.
std::vector<PrefixGroup> GroupByPrefix(std::span<const std::vector<int32_t>> prompts,
                                       size_t min_shared, std::span<const size_t> owners = {});

// Whether two prompts may share anything.
inline bool SameOwner(std::span<const size_t> owners, size_t a, size_t b) {
  return owners.empty() || owners[a] == owners[b];
}
// The prompts' numbers by owner, then lexicographically: those with the longest common prefix are
// neighbours.
std::vector<size_t> OrderByPrefix(std::span<const std::vector<int32_t>> prompts,
                                  std::span<const size_t> owners);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_PREFIX_GROUPS_H_
