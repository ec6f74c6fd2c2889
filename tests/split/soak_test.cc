// Nine clients at once, a third on each data plane, that break off again and again: no answer is
// wrong, nothing hangs, and memory does not grow.
#include <array>
#include <fstream>
#include <thread>

#include "base/log.h"
#include "gtest/gtest.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

constexpr int kClients = 9, kExchangesPerClient = 1250, kExchangesBefore = 250;
constexpr std::array<DataPlane, 3> kPlanes = {DataPlane::kShm, DataPlane::kTcp, DataPlane::kGrpc};
constexpr LinearLayer kLayer{LinearKind::kAttentionOut, 0};  // 192 in, 192 out.

size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

// Exchanges with one client; every answer must equal `want`, the product of `x`.
void RunClient(const HonestServer& server, int client, int exchanges, ConstMatrixView<uint32_t> x,
               ConstMatrixView<uint32_t> want) {
  SessionOptions options = server.ClientOptions(NumberFormat::kRing32);
  options.data_plane = kPlanes[static_cast<size_t>(client) % kPlanes.size()];
  std::shared_ptr<Session> session;
  Matrix<uint32_t> y(x.rows(), 192), unread(x.rows(), 192);
  for (int i = 0; i < exchanges; ++i) {
    if (session == nullptr) {
      session = ValueOrDie(Session::Open(server.endpoint(), options));
    }
    const size_t rows = 1 + static_cast<size_t>(i + client) % x.rows();
    auto pending =
        session->Submit(kLayer, UnprotectedRows::Ring(x.Rows(0, rows)), y.view().Rows(0, rows));
    ASSERT_TRUE(pending.ok()) << pending.status();
    const absl::Status status = (*pending)->Wait();
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_TRUE(std::equal(y.view().data(), y.view().data() + rows * 192, want.data()));
    if (i % 100 == 99) {  // Leaves with an exchange under way.
      session->Submit(kLayer, UnprotectedRows::Ring(x), unread.view()).status().IgnoreError();
      session.reset();
    }
  }
}

void RunAll(const HonestServer& server, int exchanges, ConstMatrixView<uint32_t> x,
            ConstMatrixView<uint32_t> want) {
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c)
    clients.emplace_back([&, c] { RunClient(server, c, exchanges, x, want); });
  for (std::thread& client : clients) client.join();
}

TEST(SoakTest, ElevenThousandExchangesOfNineClientsThatBreakOff) {
  SetLogLevel(LogLevel::kError);
  const HonestServer server = HonestServer::Start(ShippedModelDir(), [](ServerOptions& o) {
    o.service.limits.max_sessions = 64;  // Places of those who left take a moment to be free.
  });
  Matrix<uint32_t> x(5, 192), want(5, 192);
  for (size_t i = 0; i < 5 * 192; ++i) x.view().data()[i] = static_cast<uint32_t>(i * 2654435761u);
  {
    const auto session = server.Connect(NumberFormat::kRing32);
    auto pending = session->Submit(kLayer, UnprotectedRows::Ring(x.view()), want.view());
    ASSERT_TRUE(pending.ok() && (*pending)->Wait().ok());
  }
  // Allocators and thread pools reach their size.
  RunAll(server, kExchangesBefore, x.view(), want.view());
  const size_t before = ResidentBytes();
  RunAll(server, kExchangesPerClient, x.view(), want.view());
  // A leak of one exchange's buffers, or of one mapping (2 MiB) a disconnect, would be over 100 MB.
  EXPECT_LE(ResidentBytes(), before + (size_t{32} << 20));
}

}  // namespace
}  // namespace sotto
