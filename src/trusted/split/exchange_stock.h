// Exchanges begun before their rows exist: of relays, whose sources work from seeds alone. Layers
// follow each other in an order that is public, so the next one's can be sent ahead.
#ifndef SOTTO_TRUSTED_SPLIT_EXCHANGE_STOCK_H_
#define SOTTO_TRUSTED_SPLIT_EXCHANGE_STOCK_H_

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "model/linear_layers.h"
#include "protocol/accelerator_channel.h"
#include "trusted/split/blinder.h"

namespace sotto {

// An exchange under way: its masks, and for each server what it has still to answer (null: nothing
// was sent yet).
struct BegunExchange {
  LinearLayer layer{};
  size_t rows = 0;  // An exchange may use fewer; the rest of its masks is never used.
  std::unique_ptr<Blinding> blinding{};
  std::vector<std::unique_ptr<AcceleratorChannel::Pending>> pending{};
};

// Thread-safe.
class ExchangeStock {
 public:
  // Whether another exchange of `layer` is worth keeping: as many as two lanes use at once.
  bool Wants(LinearLayer layer) const;
  void Put(BegunExchange exchange);
  // The oldest of `layer` with `rows` rows or more; nothing when there is none.
  std::optional<BegunExchange> Take(LinearLayer layer, size_t rows);
  // Everything that is left, for the end.
  std::list<BegunExchange> TakeAll();

 private:
  mutable std::mutex mutex_;
  std::list<BegunExchange> exchanges_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_EXCHANGE_STOCK_H_
