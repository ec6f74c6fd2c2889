// A session's gRPC stream: the handshake, small control messages, and, as a Transport, frames whose
// payloads travel on the stream itself.
#ifndef SOTTO_PROTOCOL_GRPC_STREAM_H_
#define SOTTO_PROTOCOL_GRPC_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "base/status.h"
#include "protocol/accelerator.pb.h"
#include "protocol/proto_codec.h"
#include "protocol/transport.h"

namespace sotto {

class GrpcStream final : public Transport,
                         public ControlStream,
                         private grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // `receiver` outlives the stream.
  GrpcStream(std::shared_ptr<grpc::Channel> channel, FrameReceiver& receiver);
  ~GrpcStream() override;

  // Sends `hello` and waits for the Welcome. Call it once, first. The receiver may know better than
  // the error why there is none.
  absl::StatusOr<pb::Welcome> Greet(const pb::Hello& hello, FrameClock::time_point deadline);
  // PEM of the certificate the server proved to hold; empty without TLS. After Greet.
  std::string PeerCertificate() const;
  // Queues a message; it goes out between exchanges.
  void SendControl(pb::ClientMessage message);
  // Queues a Doorbell, unless one is waiting to go out: a peer that asks for them without end, and
  // reads none, costs no memory.
  void RingDoorbell();
  void AwaitEnd(FrameClock::time_point deadline) override;
  // Messages and frames that wait to go out.
  size_t queued() const;

  absl::Status Send(std::shared_ptr<RequestFrame> frame) override;
  // gRPC's threads receive.
  void Receive(absl::FunctionRef<bool()>, FrameClock::time_point) override {}
  void Shutdown() override;
  void Close() override;

 private:
  struct Outgoing {  // One of the two.
    std::shared_ptr<RequestFrame> frame;
    pb::ClientMessage control;
  };

  void OnWriteDone(bool ok) override;
  void OnReadDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  // Of the last reading callback: nothing is written from now on, so gRPC may end the call.
  void EndUse();
  // Starts the next write when none is under way. REQUIRES: mutex_ held.
  void PumpLocked();
  // Fills message_out_ with the next part of a frame. False when it must not be sent.
  bool FillLocked(RequestFrame& frame);
  absl::Status Handle(const pb::ServerMessage& message);
  absl::Status ReceiveAnswer(const pb::ExchangeAnswer& answer);
  absl::Status ReceiveData(const std::string& data);

  // Of messages as bytes. They are serialised here, where seeds can be wiped, and parsed here: of a
  // message that does not decode, gRPC says no more than of a stream that has ended.
  grpc::GenericStub stub_;
  FrameReceiver& receiver_;
  // The alarm's thread may outlive the stream by a moment.
  const std::shared_ptr<grpc::ClientContext> context_ = std::make_shared<grpc::ClientContext>();
  pb::ClientMessage message_out_;
  grpc::ByteBuffer bytes_out_;  // Of message_out_, while they are sent.
  grpc::ByteBuffer bytes_in_;
  pb::ServerMessage message_in_;
  size_t message_in_bytes_ = 0;
  std::shared_ptr<AnswerFrame> answering_;  // Used by the reading callbacks alone.

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Outgoing> queue_;
  uint64_t sent_of_front_ = 0;
  bool front_started_ = false, writing_ = false, closing_ = false, over_ = false;
  std::optional<grpc::Status> ended_;
  std::optional<pb::Welcome> welcome_;
  grpc::Alarm alarm_;  // Ends a call whose server has said its last and gives no status.
};

}  // namespace sotto

#endif  // SOTTO_PROTOCOL_GRPC_STREAM_H_
