// One exchange under `pads`: with a pad, or, for want of one, without an exchange at all.
#ifndef SOTTO_TRUSTED_SPLIT_PAD_BLINDING_H_
#define SOTTO_TRUSTED_SPLIT_PAD_BLINDING_H_

#include <memory>

#include "trusted/split/blinder.h"
#include "trusted/split/pad_store.h"
#include "trusted/split/pad_weights.h"

namespace sotto {

// Hides with the pad's mask, reveals with its product. The pad dies with the object.
std::unique_ptr<Blinding> MakePadBlinding(Pad pad, LinearShape shape);
// Keeps the rows and multiplies them here. `weights` outlives it.
std::unique_ptr<Blinding> MakeLocalBlinding(const PadWeights& weights, LinearLayer layer,
                                            size_t rows);

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_PAD_BLINDING_H_
