#include "trusted/engine/prefix_groups.h"

#include <algorithm>
#include <numeric>

namespace sotto {
size_t CommonPrefix(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

std::vector<size_t> OrderByPrefix(std::span<const std::vector<int32_t>> prompts,
                                  std::span<const size_t> owners) {
  std::vector<size_t> order(prompts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return SameOwner(owners, a, b) ? prompts[a] < prompts[b] : owners[a] < owners[b];
  });
  return order;
}

std::vector<PrefixGroup> GroupByPrefix(std::span<const std::vector<int32_t>> prompts,
                                       size_t min_shared, std::span<const size_t> owners) {
  const size_t n = prompts.size();
  const std::vector<size_t> order = OrderByPrefix(prompts, owners);
  std::vector<size_t> common(n, 0);  // Of order[i] and order[i - 1].
  for (size_t i = 1; i < n; ++i) {
    if (!SameOwner(owners, order[i - 1], order[i])) continue;
    common[i] = CommonPrefix(prompts[order[i - 1]], prompts[order[i]]);
  }

  // best[i]: positions saved among the first i; the last group of that solution begins at
  // begin[i] and shares shared[i].
  std::vector<size_t> best(n + 1, 0), begin(n + 1, 0), shared(n + 1, 0);
  for (size_t end = 1; end <= n; ++end) {
    best[end] = best[end - 1];
    begin[end] = end - 1;
    size_t prefix = prompts[order[end - 1]].size();
    for (size_t first = end - 1; first > 0; --first) {
      prefix = std::min(prefix, common[first]);
      if (prefix < min_shared) break;
      const size_t saved = best[first - 1] + (end - first) * prefix;
      if (saved <= best[end]) continue;
      best[end] = saved;
      begin[end] = first - 1;
      shared[end] = prefix;
    }
  }

  std::vector<PrefixGroup> groups;
  for (size_t end = n; end > 0; end = begin[end]) {
    groups.push_back({{order.begin() + begin[end], order.begin() + end}, shared[end]});
  }
  return groups;
}

}  // namespace sotto
