// What reaches a relay's sink that does not come from its client's source.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "accelerator/relay_inbox.h"
#include "base/log.h"
#include "gtest/gtest.h"
#include "protocol/accelerator.grpc.pb.h"
#include "protocol/connect.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"

namespace sotto {
namespace {

class RelayIntruderTest : public testing::Test {
 protected:
  RelayIntruderTest() { SetLogLevel(LogLevel::kError); }

  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<pb::Accelerator::Stub> stub;
    std::unique_ptr<grpc::ClientReaderWriter<pb::RelayMessage, pb::RelayReply>> stream;
  };
  std::unique_ptr<Call> Dial(const std::string& ticket) {
    auto call = std::make_unique<Call>();
    call->stub = pb::Accelerator::NewStub(MakeChannel(sink_.endpoint(), std::nullopt));
    call->context.AddMetadata(kRelayTicketKey, ticket);
    call->stream = call->stub->Relay(&call->context);
    return call;
  }
  grpc::StatusCode Ends(const std::string& ticket, const std::vector<pb::RelayMessage>& messages) {
    const auto call = Dial(ticket);
    for (const pb::RelayMessage& message : messages) call->stream->Write(message);
    pb::RelayReply reply;
    while (call->stream->Read(&reply)) {
    }
    return call->stream->Finish().error_code();
  }
  std::shared_ptr<Session> OpenSink(uint8_t first_byte) {
    SessionOptions options = sink_.ClientOptions(NumberFormat::kRing32);
    options.relay.emplace().ticket[0] = first_byte;
    auto session = ValueOrDie(Session::Open(sink_.endpoint(), options));
    EXPECT_TRUE(session->server().relays);
    return session;
  }
  static std::string Ticket(uint8_t first_byte) {
    std::string ticket(kRelayTicketBytes, '\0');
    ticket[0] = static_cast<char>(first_byte);
    return ticket;
  }
  // One row for the first layer, [1, 320].
  static pb::RelayMessage Product(uint64_t number) {
    pb::RelayMessage message;
    message.mutable_header()->set_number(number);
    message.mutable_header()->set_rows(1);
    message.mutable_header()->set_payload_bytes(320 * 4);
    message.mutable_header()->set_data(std::string(320 * 4, 'x'));
    return message;
  }

  const HonestServer sink_ = HonestServer::Start(ShippedModelDir());
};

TEST_F(RelayIntruderTest, WithoutATicketNobodyIsLetIn) {
  const auto session = OpenSink(1);
  EXPECT_EQ(Ends("", {}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Ends("short", {}), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Ends(Ticket(2), {Product(1)}), grpc::StatusCode::NOT_FOUND);
  const auto source = Dial(Ticket(1));
  pb::RelayReply reply;
  ASSERT_TRUE(source->stream->Read(&reply));
  EXPECT_EQ(Ends(Ticket(1), {}), grpc::StatusCode::ALREADY_EXISTS);
  source->context.TryCancel();
  source->stream->Finish();
}

TEST_F(RelayIntruderTest, AFloodOrAWrongSizeEndsTheSourcesStream) {
  std::vector<pb::RelayMessage> flood;
  for (uint64_t i = 1; i <= RelayInbox::kMaxProducts + 1; ++i) flood.push_back(Product(i));
  pb::RelayMessage wrong_size = Product(1), short_data = Product(1), no_header;
  wrong_size.mutable_header()->set_payload_bytes(4);
  short_data.mutable_header()->mutable_data()->resize(8);
  no_header.mutable_chunk()->set_data("x");
  pb::RelayMessage huge = Product(1);
  huge.mutable_header()->set_rows(kMaxRows);
  huge.mutable_header()->set_payload_bytes(uint64_t{kMaxRows} * 320 * 4);
  using Messages = std::vector<pb::RelayMessage>;
  uint8_t ticket = 1;
  for (const auto& [messages, code] :
       {std::pair{flood, grpc::StatusCode::RESOURCE_EXHAUSTED},
        {Messages{huge}, grpc::StatusCode::RESOURCE_EXHAUSTED},
        {Messages{Product(1), Product(1)}, grpc::StatusCode::INVALID_ARGUMENT},
        {Messages{wrong_size}, grpc::StatusCode::INVALID_ARGUMENT},
        {Messages{short_data, Product(1)}, grpc::StatusCode::INVALID_ARGUMENT},
        {Messages{no_header}, grpc::StatusCode::INVALID_ARGUMENT}}) {
    const auto session = OpenSink(ticket);
    EXPECT_EQ(Ends(Ticket(ticket), messages), code) << int{ticket};
    ++ticket;
  }
}

TEST_F(RelayIntruderTest, TheStreamEndsWithTheSinksSession) {
  auto session = OpenSink(1);
  const auto source = Dial(Ticket(1));
  pb::RelayReply reply;
  ASSERT_TRUE(source->stream->Read(&reply));
  session.reset();
  EXPECT_FALSE(source->stream->Read(&reply));
  EXPECT_FALSE(source->stream->Finish().ok());
}

}  // namespace
}  // namespace sotto
