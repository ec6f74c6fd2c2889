// Where every secret random byte comes from: the operating system once per process, then an
// AES-256-CTR generator with fast key erasure (D. J. Bernstein, "Fast-key-erasure random-number
// generators", 2017). Each call makes a keystream under the current key, whose first 32 bytes
// become the next key: a later look into memory reveals no earlier output.
#ifndef SOTTO_TRUSTED_SPLIT_DRBG_H_
#define SOTTO_TRUSTED_SPLIT_DRBG_H_

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <span>

#include "base/secret_buffer.h"

namespace sotto {

// Thread-safe. Constant-time in the key. A failure of the cipher is fatal (SOTTO_CHECK): nothing in
// this project can go on without randomness. Output after fork() in the child is fatal as well: the
// two processes would share masks.
class Drbg {
 public:
  static constexpr size_t kKeyBytes = 32;
  // Takes 32 bytes of full entropy; the caller wipes its copy.
  explicit Drbg(std::span<const uint8_t, kKeyBytes> key);

  // Fills `out`. At most 2^20 bytes a call.
  void Generate(std::span<uint8_t> out);

  // A generator of its own for one request (session, pad factory): knowing all of its outputs and
  // its state tells nothing about this generator's or any other's.
  Drbg Fork();

 private:
  std::mutex mutex_;
  SecretBuffer keys_;  // The current key, then room to make the next one.
  pid_t owner_;
};

// The process's generator, seeded with getrandom(2) at first use. Failure is fatal.
Drbg& ProcessDrbg();
// Whether this is a child of a process that had used it: it must not.
bool ProcessDrbgIsOfAParent();

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SPLIT_DRBG_H_
