// The socket's pipe, and records and payloads through it.
#include "protocol/socket_pipe.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

#include "base/check.h"
#include "protocol/record_pipe.h"
#include "testing/loopback.h"

namespace sotto {
namespace {

using Bytes = std::vector<uint8_t>;
using Code = absl::StatusCode;

absl::Status NoWaiting() { return absl::InternalError("waited"); }

struct Sockets {
  Descriptor a, b;
};
Sockets MakeSockets() {
  int fds[2];
  SOTTO_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  return {Descriptor(fds[0]), Descriptor(fds[1])};
}

// Waits for the peer until the pipe is stopped.
auto Patiently(SocketPipe& pipe, BytePipe::For what) {
  return [&pipe, what]() -> absl::Status {
    Poller::Wait pause;
    pipe.Pause(what, pause);
    return absl::OkStatus();
  };
}

Bytes Random(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
  return bytes;
}

class SocketPipeTest : public testing::TestWithParam<bool> {
 protected:
  Sockets sockets_ = MakeSockets();
  SocketPipe client_{std::move(sockets_.a)}, server_{std::move(sockets_.b)};
  const std::optional<PlaneKeys> keys_ = GetParam() ? std::optional(DrawPlaneKeys()) : std::nullopt;
  RecordPipe client_records_{client_, keys_, RecordPipe::Side::kClient};
  RecordPipe server_records_{server_, keys_, RecordPipe::Side::kServer};
};

// Both directions at once, sizes from nothing to more than all buffers hold.
TEST_P(SocketPipeTest, CarriesRecordsAndPayloadsOfEverySize) {
  const std::vector<size_t> sizes = {0, 4, 60, 64, 68, 4092, 262'140, 262'144, 3'000'004};
  const auto send = [&](RecordPipe& records, SocketPipe& pipe, uint32_t seed) {
    auto wait = Patiently(pipe, BytePipe::For::kWriting);
    for (const size_t size : sizes) {
      ASSERT_TRUE(records.WriteRecord(Random(seed % 2 == 0 ? 192 : 64, seed), wait).ok());
      ASSERT_TRUE(records.WritePayload(Random(size, ++seed), wait).ok());
      ASSERT_TRUE(pipe.Flush(wait).ok());
      ++seed;
    }
  };
  const auto receive = [&](RecordPipe& records, SocketPipe& pipe, uint32_t seed) {
    auto wait = Patiently(pipe, BytePipe::For::kReading);
    for (const size_t size : sizes) {
      Bytes record(seed % 2 == 0 ? 192 : 64), payload(size);
      ASSERT_TRUE(records.ReadRecord(record, wait).ok());
      ASSERT_TRUE(records.ReadPayload(payload, wait).ok());
      EXPECT_EQ(record, Random(record.size(), seed)) << size;
      EXPECT_TRUE(payload == Random(size, ++seed)) << size;
      ++seed;
    }
  };
  std::thread sends([&] { send(client_records_, client_, 100); });
  std::thread answers([&] { send(server_records_, server_, 201); });
  std::thread receives([&] { receive(client_records_, client_, 201); });
  receive(server_records_, server_, 100);
  sends.join();
  answers.join();
  receives.join();
  EXPECT_EQ(client_.bytes_read() % kPipeUnit, 0u);
}

INSTANTIATE_TEST_SUITE_P(Sealed, SocketPipeTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Sealed" : "Open"; });

// A network may deliver one byte at a time.
TEST(RawSocketTest, PiecesOfAnySizeArePutTogether) {
  Sockets sockets = MakeSockets();
  SocketPipe pipe(std::move(sockets.a));
  const PlaneKeys keys = DrawPlaneKeys();
  const Bytes plain = Random(200, 1);
  Bytes sent(256);
  PayloadCipher(keys.answer_payloads).Apply(0, plain.data(), sent.data(), plain.size());
  PayloadCipher cipher(keys.answer_payloads);
  Bytes got(plain.size());
  size_t at = 0;
  const auto next = [&]() -> absl::Status {
    SOTTO_CHECK(send(sockets.b.get(), sent.data() + at, 1, 0) == 1);
    ++at;
    return absl::OkStatus();
  };
  ASSERT_TRUE(pipe.Read(got, &cipher, next).ok());
  EXPECT_EQ(got, plain);
  EXPECT_EQ(at, sent.size());
}

TEST(RawSocketTest, APeerThatLeavesIsUnavailableWhereverItStopped) {
  for (const size_t sent : {0u, 1u, 63u, 64u, 100u}) {
    Sockets sockets = MakeSockets();
    SocketPipe pipe(std::move(sockets.a));
    const Bytes bytes = Random(sent, 2);
    if (sent > 0) {
      ASSERT_EQ(send(sockets.b.get(), bytes.data(), sent, 0), static_cast<ssize_t>(sent));
    }
    sockets.b.Reset();
    Bytes got(128);
    const auto look_again = [] { return absl::OkStatus(); };
    EXPECT_EQ(pipe.Read(got, nullptr, look_again).code(), Code::kUnavailable) << sent;
    EXPECT_EQ(pipe.Write(got, nullptr, NoWaiting).code(), Code::kOk);
    EXPECT_EQ(pipe.Flush(NoWaiting).code(), Code::kUnavailable) << sent;
  }
}

TEST(RawSocketTest, StopEndsEveryWait) {
  Sockets sockets = MakeSockets();
  SocketPipe pipe(std::move(sockets.a));
  std::thread stops([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    pipe.Stop();
  });
  pipe.AwaitData(BytePipe::Clock::time_point::max());  // Or the test never ends.
  stops.join();
  EXPECT_EQ(pipe.HasData().status().code(), Code::kUnavailable);
  pipe.AwaitData(BytePipe::Clock::time_point::max());
}

// Whoever answers a byte at a time, each in good time.
TEST(HailTest, AnAnswerThatDripsIsNotWaitedFor) {
  const LoopbackListener listener;
  const DataTicket ticket = DrawDataTicket();
  std::thread drips([&] {
    const Descriptor client(accept(listener.fd.get(), nullptr, nullptr));
    for (const uint8_t byte : EncodeHail(ticket)) {
      if (send(client.get(), &byte, 1, MSG_NOSIGNAL) < 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto opened =
      OpenDataConnection(listener.endpoint, ticket, begin + std::chrono::milliseconds(300));
  EXPECT_EQ(opened.status().code(), Code::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  drips.join();
}

TEST(HailTest, IsReadAsItIsWritten) {
  const DataTicket ticket = DrawDataTicket();
  const auto hail = EncodeHail(ticket);
  EXPECT_EQ(*DecodeHail(hail), ticket);
  for (size_t i = 0; i < hail.size(); ++i) {
    auto other = hail;
    other[i] ^= 1;
    const absl::StatusOr<DataTicket> read = DecodeHail(other);
    const bool in_ticket = i >= kHailBegin.size() && i < kHailBegin.size() + ticket.size();
    EXPECT_EQ(read.ok(), in_ticket) << i;
    if (read.ok()) {
      EXPECT_NE(*read, ticket);
    }
  }
}

}  // namespace
}  // namespace sotto
