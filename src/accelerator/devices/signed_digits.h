// Ring words as signed bytes, for hardware that multiplies signed by signed.
#ifndef SOTTO_ACCELERATOR_DEVICES_SIGNED_DIGITS_H_
#define SOTTO_ACCELERATOR_DEVICES_SIGNED_DIGITS_H_

#include <cstdint>

#include "accelerator/devices/host_device.h"

namespace sotto {

// Takes the lowest digit d in [-128, 127] off `rest`, which becomes (rest - d) / 256: a negative
// digit borrows one from the next. Four calls take a whole word; what is left above is a multiple
// of 2^32, which is nothing.
SOTTO_HOST_DEVICE inline int8_t TakeSignedDigit(uint32_t& rest) {
  const auto digit = static_cast<int8_t>(rest & 0xffu);
  const uint32_t borrow = digit < 0 ? 1u : 0u;
  rest = (rest >> 8) + borrow;
  return digit;
}

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DEVICES_SIGNED_DIGITS_H_
