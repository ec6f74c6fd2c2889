// Prefill::CreateBeside: a second engine over the same weights.
#include <memory>
#include <utility>

#include "base/strings.h"
#include "sotto/prefill.h"
#include "trusted/api/guarded.h"
#include "trusted/api/prefill_impl.h"

namespace sotto {

absl::StatusOr<Prefill> Prefill::CreateBeside(const Prefill& other, size_t prefill_length,
                                              size_t batch_size) {
  return Guarded([&]() -> absl::StatusOr<Prefill> {
    PrefillOptions options = other.impl_->options;
    if (options.split.has_value() || options.pad_compute) {
      return absl::InvalidArgumentError(
          "beside: not in the split mode, nor where padding is computed");
    }
    if (prefill_length > options.prefill_length) {
      return absl::InvalidArgumentError(StrCat("prefill_length: ", prefill_length,
                                               " positions beside a prefill of ",
                                               options.prefill_length));
    }
    options.prefill_length = prefill_length;
    options.batch_size = batch_size;
    SOTTO_RETURN_IF_ERROR(Validate(options));
    auto impl = std::make_unique<Impl>(*other.impl_, options);
    impl->host.emplace(
        MakeLentBackend(other.impl_->model.impl_->checkpoint, *other.impl_->host, impl->pool),
        EngineOptions{.threads = options.threads,
                      .batch_size = options.batch_size,
                      .prefill_length = options.prefill_length},
        RetrySchedule(0, {}, [] { return 0.0; }));
    SOTTO_RETURN_IF_ERROR(impl->host->Load());
    return Prefill(std::move(impl));
  });
}

}  // namespace sotto
