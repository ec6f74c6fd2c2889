// Token ids of requests, wiped when they go. TRUSTED: they are prompts.
#ifndef SOTTO_TRUSTED_SERVICE_SECRET_IDS_H_
#define SOTTO_TRUSTED_SERVICE_SECRET_IDS_H_

#include <cstdint>

#include "base/wiping_allocator.h"
#include "sotto/model.h"

namespace sotto {

using SecretIds = SecretVector<int32_t>;

// What a model made of a text, in memory that is wiped; so is what it was in.
inline SecretIds TakeIds(TokenIds ids) {
  SecretIds taken(ids.begin(), ids.end());
  WipeContents(ids);
  return taken;
}

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_SECRET_IDS_H_
