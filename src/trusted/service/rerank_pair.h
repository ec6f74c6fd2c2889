// A query and a document as token ids, with a document that is too long cut. TRUSTED: holds
// prompts.
#ifndef SOTTO_TRUSTED_SERVICE_RERANK_PAIR_H_
#define SOTTO_TRUSTED_SERVICE_RERANK_PAIR_H_

#include <cstddef>

#include "base/status.h"
#include "sotto/model.h"
#include "trusted/service/rerank_request.h"
#include "trusted/service/rerank_template.h"

namespace sotto {

// Pair `i` of the request in the template: at most `longest` tokens, of the document at most the
// first max_tokens_per_doc. Where the request truncates,
// the document loses tokens at one end until that holds; template and query stay whole.
// INVALID_ARGUMENT, naming "documents" and the pair, where it does not hold.
absl::StatusOr<SecretIds> EncodePair(const Model& model, const RerankTemplate& form,
                                     const RerankRequest& request, size_t i, size_t longest);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_RERANK_PAIR_H_
