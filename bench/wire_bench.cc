// The data planes alone, without and with TLS, which the planes beside it are encrypted under: a
// server whose device does nothing, in the same process. Round trip of one row, and the rate of
// large exchanges, bytes in both directions counted once.
#include <benchmark/benchmark.h>

#include <cstring>

#include "base/log.h"
#include "base/strings.h"
#include "testing/test_certificate.h"
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

constexpr LinearLayer kLayer{LinearKind::kDown, 0};  // 512 in, 192 out.

struct Connection {
  Connection(DataPlane plane, bool tls) : server(Start(tls)) {
    SessionOptions options = server.ClientOptions(NumberFormat::kRing32);
    options.data_plane = plane;
    if (tls) options.tls = TlsOptions{.root_certificates = Own().certificate};
    session = ValueOrDie(Session::Open(server.endpoint(), options));
  }
  static const TestCertificate& Own() {
    static const TestCertificate own = TestCertificate::Make();
    return own;
  }
  static HonestServer Start(bool tls) {
    SetLogLevel(LogLevel::kError);
    return HonestServer::StartWith(
        std::make_unique<NullDevice>(), ShippedModelDir(), [&](ServerOptions& options) {
          if (!tls) return;
          options.tls = ServerTls{
              .certificate_chain = Own().certificate, .private_key = Own().key, .client_roots = ""};
        });
  }
  auto Submit(const Matrix<uint32_t>& x, Matrix<uint32_t>& y) const {
    return session->Submit(kLayer, UnprotectedRows::Ring(x.view()), y.view());
  }
  static void Finish(absl::StatusOr<PendingExchange> pending) {
    SOTTO_CHECK(pending.ok() && (*pending)->Wait().ok());
  }

  HonestServer server;
  std::shared_ptr<Session> session;
};

Connection Connect(const benchmark::State& state) {
  return {static_cast<DataPlane>(state.range(0)), state.range(1) != 0};
}
const std::vector<int64_t> kPlanes = {static_cast<int64_t>(DataPlane::kShm),
                                      static_cast<int64_t>(DataPlane::kTcp),
                                      static_cast<int64_t>(DataPlane::kGrpc)};
void Label(benchmark::State& state) {
  state.SetLabel(StrCat(DataPlaneName(static_cast<DataPlane>(state.range(0))),
                        state.range(1) != 0 ? "+tls" : ""));
}

void RoundTrip(benchmark::State& state) {
  const Connection connection = Connect(state);
  Matrix<uint32_t> x(1, 512), y(1, 192);
  std::memset(x.view().data(), 1, x.view().size() * 4);
  for (auto _ : state) Connection::Finish(connection.Submit(x, y));
  Label(state);
}
BENCHMARK(RoundTrip)->ArgsProduct({kPlanes, {0, 1}})->UseRealTime();

// Two exchanges in flight, as the engine has them.
void LargeTensors(benchmark::State& state) {
  const Connection connection = Connect(state);
  const size_t rows = static_cast<size_t>(state.range(2));
  Matrix<uint32_t> x[2] = {{rows, 512}, {rows, 512}}, y[2] = {{rows, 192}, {rows, 192}};
  for (auto& m : x) std::memset(m.view().data(), 1, m.view().size() * 4);
  for (auto _ : state) {
    absl::StatusOr<PendingExchange> first = connection.Submit(x[0], y[0]),
                                    second = connection.Submit(x[1], y[1]);
    Connection::Finish(std::move(first));
    Connection::Finish(std::move(second));
  }
  state.SetBytesProcessed(2 * state.iterations() * static_cast<int64_t>(rows * (512 + 192) * 4));
  Label(state);
}
BENCHMARK(LargeTensors)
    ->ArgsProduct({kPlanes, {0, 1}, {512, 4096}})
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
