// A session's exchanges on its gRPC stream: payloads in chunks that follow each other.
#ifndef SOTTO_ACCELERATOR_GRPC_SESSION_IO_H_
#define SOTTO_ACCELERATOR_GRPC_SESSION_IO_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/sync_stream.h>

#include "accelerator/session_runner.h"
#include "protocol/accelerator.grpc.pb.h"
#include "protocol/proto_codec.h"

namespace sotto {

using SessionStream = grpc::ServerReaderWriter<pb::ServerMessage, pb::ClientMessage>;

// A breach of the protocol, ABORTED, as the server sees it: the client called wrongly.
absl::Status AsClientsFault(const absl::Status& status);

class GrpcSessionIo final : public SessionIo {
 public:
  // Both outlive the object.
  GrpcSessionIo(grpc::ServerContext& context, SessionStream& stream)
      : context_(context), stream_(stream) {}

  absl::StatusOr<bool> Read(RequestGate& gate, Arrival& arrival) override;
  absl::Status Write(const AnswerHeader& header, std::span<const uint8_t> payload) override;
  void WriteFailure(const absl::Status& why) override;
  void Cancel() override { context_.TryCancel(); }
  bool ClientGone() const override { return context_.IsCancelled(); }

 private:
  absl::Status ReadPayload(const RequestHeader& request, std::span<uint8_t> payload);

  grpc::ServerContext& context_;
  SessionStream& stream_;
  pb::ClientMessage in_;   // Used by Read.
  pb::ServerMessage out_;  // Used by Write.
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_GRPC_SESSION_IO_H_
