#include "trusted/split/exchange_stock.h"

#include <algorithm>
#include <utility>

namespace sotto {
namespace {

constexpr std::ptrdiff_t kPerLayer = 4;

}  // namespace

bool ExchangeStock::Wants(LinearLayer layer) const {
  std::lock_guard lock(mutex_);
  return std::count_if(exchanges_.begin(), exchanges_.end(),
                       [&](const BegunExchange& e) { return e.layer == layer; }) < kPerLayer;
}

void ExchangeStock::Put(BegunExchange exchange) {
  std::lock_guard lock(mutex_);
  exchanges_.push_back(std::move(exchange));
}

std::optional<BegunExchange> ExchangeStock::Take(LinearLayer layer, size_t rows) {
  std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(exchanges_.begin(), exchanges_.end(),
                   [&](const BegunExchange& e) { return e.layer == layer && e.rows >= rows; });
  if (found == exchanges_.end()) return std::nullopt;
  BegunExchange exchange = std::move(*found);
  exchanges_.erase(found);
  return exchange;
}

std::list<BegunExchange> ExchangeStock::TakeAll() {
  std::lock_guard lock(mutex_);
  return std::exchange(exchanges_, {});
}

}  // namespace sotto
