// A gRPC server that breaks the protocol in one chosen way. Test-only.
#ifndef SOTTO_TESTING_FAULTY_ACCELERATOR_H_
#define SOTTO_TESTING_FAULTY_ACCELERATOR_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <memory>
#include <string>

#include "protocol/accelerator.grpc.pb.h"
#include "protocol/proto_codec.h"
#include "protocol/session_options.h"

namespace sotto {

enum class Fault {
  kNone,  // Answers zeros, of the right size.
  kHangsAtGreeting,
  kHangsAtAnswer,
  kHangsInsideAnswer,
  kRefuses,
  kOtherVersion,
  kOtherModel,
  kOtherShape,
  kOtherFormat,
  kOtherOperands,
  kNoInstanceId,
  kLeavesAtOnce,
  kLeavesAtRequest,
  kAnswersShort,
  kAnswersLong,
  kAnswersFewerRows,
  kAnswersAnotherSequence,
  kAnswersTwice,
  kAnswersInOneGiantMessage,
  kAnswersBeforeTheRequest,
  kChunkOutOfPlace,
  kChunkOfNothing,
  kEmptyMessage,
  kSecondWelcome,
  kOffersMemoryElsewhere,
  kCutsMemoryShort,  // In `honest`'s directory, as soon as the client has mapped it.
  kFailsWithControlCharacters,
};

// As a server says it that serves the model which `honest` expects, on the stream.
pb::Welcome HonestWelcome(const SessionOptions& honest);

class FaultyAccelerator final : public pb::Accelerator::Service {
 public:
  // Claims to serve the model that `honest` expects.
  FaultyAccelerator(Fault fault, const SessionOptions& honest);
  ~FaultyAccelerator() override;

  const std::string& endpoint() const { return endpoint_; }

  grpc::Status Session(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<pb::ServerMessage, pb::ClientMessage>* stream) override;

 private:
  using Stream = grpc::ServerReaderWriter<pb::ServerMessage, pb::ClientMessage>;

  pb::Welcome MakeWelcome() const;
  grpc::Status OfferAndCut(grpc::ServerContext& context, Stream& stream) const;
  void Hang(grpc::ServerContext& context) const;
  grpc::Status ServeRequests(grpc::ServerContext& context, Stream& stream) const;
  // Reads the rest of a request.
  bool Swallow(Stream& stream, const pb::ExchangeRequest& request) const;
  pb::ServerMessage MakeAnswer(const pb::ExchangeRequest& request) const;

  const Fault fault_;
  const SessionOptions honest_;
  std::atomic<bool> stopping_{false};
  std::string endpoint_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_FAULTY_ACCELERATOR_H_
