// The data planes that a session is offered, and the one that its client takes up.
#ifndef SOTTO_ACCELERATOR_PLANE_OFFERS_H_
#define SOTTO_ACCELERATOR_PLANE_OFFERS_H_

#include <memory>
#include <optional>
#include <string>

#include "accelerator/data_door.h"
#include "base/status.h"
#include "protocol/byte_pipe.h"
#include "protocol/plane_cipher.h"
#include "protocol/proto_codec.h"
#include "protocol/shm_region.h"

namespace sotto {

struct DataPlaneTerms {
  std::unique_ptr<BytePipe> pipe{};  // None: payloads travel on the stream.
  std::optional<PlaneKeys> keys{};
};

class PlaneOffers {
 public:
  // For a client of this host, in files of this directory; empty: never.
  PlaneOffers(std::string shm_directory, DataDoor& door)
      : shm_directory_(std::move(shm_directory)), door_(door) {}

  // Makes what the client asks for, as far as it can be had, and puts it into the Welcome. `peer`
  // as gRPC writes it.
  void Offer(const pb::Hello& hello, const std::string& peer, pb::Welcome& welcome);
  // INVALID_ARGUMENT for a plane that was not offered, or that the client cannot have taken up;
  // UNAVAILABLE for one that somebody else has cut off.
  absl::StatusOr<DataPlaneTerms> TakeUp(const pb::Ready& ready, NumberFormat format);

 private:
  void OfferShm(pb::Welcome& welcome);
  absl::StatusOr<std::unique_ptr<BytePipe>> OpenPipe(const pb::Ready& ready);

  const std::string shm_directory_;
  DataDoor& door_;
  std::optional<ShmRegion> region_;
  std::optional<DataDoor::Place> place_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_PLANE_OFFERS_H_
