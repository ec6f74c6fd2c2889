#include "accelerator/plane_offers.h"

#include <string_view>
#include <utility>

#include "accelerator/event_log.h"
#include "base/strings.h"
#include "protocol/shm_pipe.h"

namespace sotto {
namespace {

bool IsThisHost(std::string_view peer) {
  return peer.starts_with("unix:") || peer.starts_with("ipv4:127.") ||
         peer.starts_with("ipv6:[::1]") || peer.starts_with("ipv6:%5B::1%5D");
}

absl::Status NotOffered() {
  return absl::InvalidArgumentError("expected a ready that names a data plane both sides have");
}

}  // namespace

void PlaneOffers::Offer(const pb::Hello& hello, const std::string& peer, pb::Welcome& welcome) {
  if (hello.wants_shm() && !shm_directory_.empty() && IsThisHost(peer)) OfferShm(welcome);
  if (!hello.wants_tcp()) return;
  const DataTicket& ticket = place_.emplace(door_).ticket();
  welcome.mutable_tcp()->set_ticket(std::string(ticket.begin(), ticket.end()));
}

void PlaneOffers::OfferShm(pb::Welcome& welcome) {
  const ShmChallenge challenge = DrawChallenge();
  absl::StatusOr<ShmRegion> region =
      ShmRegion::Create(shm_directory_, kDefaultRingBytes, challenge);
  if (!region.ok()) {
    LogEvent(LogLevel::kWarning, "no_shared_memory",
             {{"why", std::string(ToStd(region.status().message()))}});
    return;
  }
  pb::ShmOffer& offer = *welcome.mutable_shm();
  offer.set_name(region->name());
  offer.set_ring_bytes(region->ring_bytes());
  offer.set_challenge(std::string(challenge.begin(), challenge.end()));
  region_.emplace(*std::move(region));
}

absl::StatusOr<DataPlaneTerms> PlaneOffers::TakeUp(const pb::Ready& ready, NumberFormat format) {
  DataPlaneTerms terms;
  SOTTO_ASSIGN_OR_RETURN(terms.pipe, OpenPipe(ready));
  if (ready.plane_keys().empty()) return terms;
  if (terms.pipe == nullptr || format != NumberFormat::kRing32) {
    return absl::InvalidArgumentError("plane_keys are for RING32 beside the stream alone");
  }
  SOTTO_ASSIGN_OR_RETURN(terms.keys, DecodePlaneKeys(ready.plane_keys()));
  return terms;
}

absl::StatusOr<std::unique_ptr<BytePipe>> PlaneOffers::OpenPipe(const pb::Ready& ready) {
  if (ready.data_plane() == pb::GRPC) return nullptr;
  if (ready.data_plane() == pb::TCP && place_) {
    Descriptor connection = place_->Take();
    // Somebody between the two has answered the client.
    if (!connection.ok()) return absl::UnavailableError("the data connection has not come");
    return std::make_unique<SocketPipe>(std::move(connection));
  }
  ShmChallenge challenge;
  if (ready.data_plane() != pb::SHM || !region_ ||
      !CopyExactly(ready.challenge(), "challenge", challenge).ok()) {
    return NotOffered();
  }
  const bool same = region_->ReadClientChallenge() == challenge;
  // Known once it has been read.
  if (region_->torn()) return absl::UnavailableError("the shared memory was cut short");
  if (!same) return NotOffered();
  region_->Unlink();  // Mapped by both: a crash leaves nothing behind.
  return std::make_unique<ShmServerPipe>(*std::move(region_));
}

}  // namespace sotto
