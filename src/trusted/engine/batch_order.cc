#include "trusted/engine/batch_order.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "trusted/engine/batch_plan.h"
#include "trusted/engine/cost_model.h"
#include "trusted/engine/prefix_groups.h"

namespace sotto {
namespace {

using Prompts = std::span<const std::vector<int32_t>>;

// A gain below this is not worth leaving the given order.
constexpr double kWorthwhile = 0.99;

// Prompts not yet in a batch, as a list in the order of OrderByPrefix().
class Neighbours {
 public:
  Neighbours(Prompts prompts, std::span<const size_t> owners)
      : prompts_(prompts),
        owners_(owners),
        before_(prompts.size(), kNone),
        after_(prompts.size(), kNone) {
    const std::vector<size_t> order = OrderByPrefix(prompts, owners);
    for (size_t i = 1; i < order.size(); ++i) Join(order[i - 1], order[i]);
  }

  // Takes `seed` out, and up to `count` more that share its prefix, the longest prefix first and
  // among equals the earlier prompt: ids are compared for equality only. The chosen are appended.
  void TakeAlike(size_t seed, size_t count, BatchMembers& members) {
    size_t left = before_[seed], right = after_[seed];
    members.push_back(seed);
    for (; count > 0; --count) {
      const size_t left_shared = Shared(seed, left), right_shared = Shared(seed, right);
      if (std::max(left_shared, right_shared) < kMinSharedPositions) break;
      const bool take_left =
          left_shared != right_shared ? left_shared > right_shared : left < right;
      size_t& next = take_left ? left : right;
      members.push_back(next);
      next = take_left ? before_[next] : after_[next];
    }
    Join(left, right);
  }

 private:
  static constexpr size_t kNone = static_cast<size_t>(-1);

  size_t Shared(size_t seed, size_t other) const {
    if (other == kNone || !SameOwner(owners_, seed, other)) return 0;
    return CommonPrefix(prompts_[seed], prompts_[other]);
  }
  void Join(size_t left, size_t right) {
    if (left != kNone) after_[left] = right;
    if (right != kNone) before_[right] = left;
  }

  const Prompts prompts_;
  const std::span<const size_t> owners_;
  std::vector<size_t> before_, after_;
};

std::vector<BatchMembers> InGivenOrder(size_t count, size_t batch_size) {
  std::vector<BatchMembers> batches;
  for (size_t i = 0; i < count; ++i) {
    if (i % batch_size == 0) batches.emplace_back();
    batches.back().push_back(i);
  }
  return batches;
}

std::vector<BatchMembers> ByPrefix(Prompts prompts, std::span<const size_t> owners,
                                   size_t batch_size) {
  Neighbours neighbours(prompts, owners);
  std::vector<bool> taken(prompts.size(), false);
  std::vector<BatchMembers> batches;
  for (size_t i = 0; i < prompts.size(); ++i) {
    if (taken[i]) continue;
    if (batches.empty() || batches.back().size() == batch_size) batches.emplace_back();
    BatchMembers& batch = batches.back();
    const size_t first_new = batch.size();
    neighbours.TakeAlike(i, batch_size - batch.size() - 1, batch);
    for (size_t k = first_new; k < batch.size(); ++k) taken[batch[k]] = true;
  }
  for (BatchMembers& batch : batches) std::sort(batch.begin(), batch.end());
  return batches;
}

// Batches with what each costs, in any unit.
struct Priced {
  std::vector<BatchMembers> batches;
  std::vector<double> costs;

  double total() const { return std::accumulate(costs.begin(), costs.end(), 0.0); }
};

std::vector<BatchMembers> DearestFirst(const Priced& priced) {
  std::vector<size_t> order(priced.batches.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return priced.costs[a] > priced.costs[b]; });
  std::vector<BatchMembers> batches;
  batches.reserve(order.size());
  for (const size_t i : order) batches.push_back(priced.batches[i]);
  return batches;
}

}  // namespace

std::vector<BatchMembers> OrderBatches(const ModelSpec& config, const EngineOptions& engine,
                                       const RunOptions& run, Prompts prompts) {
  std::vector<BatchMembers> given = InGivenOrder(prompts.size(), engine.batch_size);
  if (run.pad_compute) return given;
  const auto priced = [&](std::vector<BatchMembers> batches) {
    Priced result{.batches = std::move(batches), .costs = {}};
    for (const BatchMembers& members : result.batches) {
      const std::vector<size_t> owners = OwnersOf(members, run.owners);
      RunOptions of_batch = run;
      of_batch.owners = owners;
      result.costs.push_back(
          RelativeCost(WorkOf(config, engine, IdsOf(members, prompts), of_batch)));
    }
    return result;
  };
  const Priced as_given = priced(std::move(given));
  if (engine.batch_size == 1) return DearestFirst(as_given);
  const Priced by_prefix = priced(ByPrefix(prompts, run.owners, engine.batch_size));
  return DearestFirst(by_prefix.total() < kWorthwhile * as_given.total() ? by_prefix : as_given);
}

std::vector<size_t> OwnersOf(const BatchMembers& members, std::span<const size_t> owners) {
  std::vector<size_t> of_members;
  if (owners.empty()) return of_members;
  for (const size_t member : members) of_members.push_back(owners[member]);
  return of_members;
}

std::vector<std::vector<int32_t>> IdsOf(const BatchMembers& members, Prompts prompts) {
  std::vector<std::vector<int32_t>> ids;
  ids.reserve(members.size());
  for (const size_t member : members) ids.push_back(prompts[member]);
  return ids;
}

}  // namespace sotto
