// Embedding lookups and products of activations at an accelerator. NOT CONFIDENTIAL: it reads token
// ids, queries, keys, values and attention weights. Nothing is verified. They exist so that the
// split of other systems can be measured; protection `plain` alone may use them.
#ifndef SOTTO_TRUSTED_SPLIT_OFFLOADED_ACTIVATIONS_H_
#define SOTTO_TRUSTED_SPLIT_OFFLOADED_ACTIVATIONS_H_

#include <memory>

#include "protocol/session.h"
#include "trusted/linear/embedding.h"
#include "trusted/linear/matrix_products.h"

namespace sotto {

// Errors of both are the session's.
std::unique_ptr<Embedding> MakeOffloadedEmbedding(std::shared_ptr<Session> session);
std::unique_ptr<MatrixProducts> MakeOffloadedProducts(std::shared_ptr<Session> session);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_OFFLOADED_ACTIVATIONS_H_
