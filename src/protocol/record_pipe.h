// Records and payloads on a data plane (byte_pipe.h): sealed and encrypted where the session has
// keys for it, as they are where it has none.
#ifndef SOTTO_PROTOCOL_RECORD_PIPE_H_
#define SOTTO_PROTOCOL_RECORD_PIPE_H_

#include <cstdint>
#include <optional>
#include <span>

#include "base/status.h"
#include "protocol/byte_pipe.h"
#include "protocol/plane_cipher.h"

namespace sotto {

// One thread at a time writes, one reads. Errors are the pipe's and `wait`'s; ABORTED as well for a
// record that does not open.
class RecordPipe {
 public:
  enum class Side { kClient, kServer };

  // `pipe` outlives it.
  RecordPipe(BytePipe& pipe, const std::optional<PlaneKeys>& keys, Side side);

  absl::Status WriteRecord(std::span<const uint8_t> record, PipeWait wait);
  absl::Status WritePayload(std::span<const uint8_t> payload, PipeWait wait);
  absl::Status ReadRecord(std::span<uint8_t> record, PipeWait wait);
  absl::Status ReadPayload(std::span<uint8_t> payload, PipeWait wait);

 private:
  struct Ciphers {
    RecordSealer sealer;
    PayloadCipher out;
    RecordOpener opener;
    PayloadCipher in;
  };

  BytePipe& pipe_;
  std::optional<Ciphers> ciphers_;
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_RECORD_PIPE_H_
