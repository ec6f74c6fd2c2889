// The data planes alone: a server whose device does nothing. Round trip of one embedding row, and
// the rate of large exchanges, bytes in both directions counted once.
//
//   wire_bench            loopback TCP, unix socket and shared memory, both sides in one process
#include <benchmark/benchmark.h>

#include <cstring>

#include "base/log.h"
#include "testing/test_data.h"
#include "tests/split/honest_server.h"
#include "trusted/split/unprotected.h"

namespace sotto {
namespace {

class NullWeights final : public DeviceWeights {
 public:
  explicit NullWeights(size_t n_in, size_t n_out) : n_in_(n_in), n_out_(n_out) {}
  size_t n_in() const override { return n_in_; }
  size_t n_out() const override { return n_out_; }

 private:
  const size_t n_in_, n_out_;
};

// Answers whatever the memory held.
class NullDevice final : public Device {
 public:
  std::string name() const override { return "null"; }
  std::string precision(FloatPrecision) const override { return "f32"; }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadFloat(ConstMatrixView<float> w,
                                                           FloatPrecision) override {
    return std::make_unique<NullWeights>(w.cols(), w.rows());
  }
  absl::StatusOr<std::unique_ptr<DeviceWeights>> LoadRing(ConstMatrixView<int16_t> w) override {
    return std::make_unique<NullWeights>(w.cols(), w.rows());
  }
  absl::Status MultiplyFloat(const DeviceWeights&, ConstMatrixView<float>,
                             MatrixView<float>) override {
    return absl::OkStatus();
  }
  absl::Status MultiplyRing(const DeviceWeights&, ConstMatrixView<uint32_t>,
                            MatrixView<uint32_t>) override {
    return absl::OkStatus();
  }
};

enum Route { kTcp, kUnixSocket, kShm };

struct Connection {
  explicit Connection(Route route)
      : server(HonestServer::StartWith(std::make_unique<NullDevice>(), ShippedModelDir(),
                                       [&](ServerOptions& options) {
                                         SetLogLevel(LogLevel::kError);
                                         if (route == kUnixSocket)
                                           options.listen = "unix:/tmp/sotto_wire_bench.sock";
                                       })) {
    SessionOptions options = server.ClientOptions(NumberFormat::kF32);
    options.data_plane = route == kShm ? DataPlane::kShm : DataPlane::kGrpc;
    session = ValueOrDie(Session::Open(server.endpoint(), options));
  }
  void Finish(absl::StatusOr<PendingExchange> pending) {
    SOTTO_CHECK(pending.ok() && (*pending)->Wait().ok());
  }

  HonestServer server;
  std::shared_ptr<Session> session;
};

void RoundTrip(benchmark::State& state) {
  Connection connection(static_cast<Route>(state.range(0)));
  const std::vector<int32_t> ids = {5};
  Matrix<float> row(1, 192);
  for (auto _ : state) {
    connection.Finish(
        connection.session->SubmitEmbedding(UnprotectedRows::TokenIds(ids), row.view()));
  }
}
BENCHMARK(RoundTrip)->Arg(kTcp)->Arg(kUnixSocket)->Arg(kShm)->UseRealTime();

// Two exchanges in flight, as the engine has them.
void LargeTensors(benchmark::State& state) {
  Connection connection(static_cast<Route>(state.range(0)));
  const LinearLayer layer{LinearKind::kDown, 0};  // 512 in, 192 out.
  const size_t rows = static_cast<size_t>(state.range(1));
  Matrix<uint32_t> x[2] = {{rows, 512}, {rows, 512}}, y[2] = {{rows, 192}, {rows, 192}};
  for (auto& m : x) std::memset(m.view().data(), 1, m.view().size() * 4);
  const auto submit = [&](size_t i) {
    return connection.session->Submit(layer, UnprotectedRows::Ring(x[i].view()), y[i].view());
  };
  for (auto _ : state) {
    absl::StatusOr<PendingExchange> first = submit(0), second = submit(1);
    connection.Finish(std::move(first));
    connection.Finish(std::move(second));
  }
  state.SetBytesProcessed(2 * state.iterations() * static_cast<int64_t>(rows * (512 + 192) * 4));
}
BENCHMARK(LargeTensors)
    ->ArgsProduct({{kTcp, kUnixSocket, kShm}, {512, 4096}})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// What shared memory is measured against.
void Memcpy(benchmark::State& state) {
  const size_t size = static_cast<size_t>(state.range(0)) * (512 + 192) * 4;
  AlignedArray<uint8_t> from = MakeAlignedArray<uint8_t>(size),
                        to = MakeAlignedArray<uint8_t>(size);
  std::memset(from.get(), 1, size);
  std::memset(to.get(), 2, size);
  for (auto _ : state) {
    std::memcpy(to.get(), from.get(), size);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(size));
}
BENCHMARK(Memcpy)->Arg(512)->Arg(4096)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sotto
