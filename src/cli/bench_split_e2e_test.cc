// `sotto bench --split` against real servers, on the shipped model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "model/checkpoint.h"
#include "model/linear_layers.h"
#include "testing/accelerator_process.h"
#include "testing/run_program.h"
#include "testing/temp_dir.h"
#include "testing/test_data.h"

namespace sotto {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr size_t kBatch = 2, kLength = 128;

// Bytes that the linear layers' shapes require: every position through every layer, logits of the
// last positions only.
struct WireBytes {
  double sent = 0, received = 0;  // Per token, numbers of 4 bytes.
};
WireBytes RequiredBytes() {
  const absl::StatusOr<Checkpoint> checkpoint = Checkpoint::Open(ShippedModelDir());
  WireBytes bytes;
  for (const LinearLayer layer : AllLinearLayers(checkpoint->config())) {
    const LinearShape shape = ShapeOf(checkpoint->config(), layer);
    const double share = layer.kind == LinearKind::kLmHead ? 1.0 / kLength : 1.0;
    bytes.sent += share * 4 * static_cast<double>(shape.n_in);
    bytes.received += share * 4 * static_cast<double>(shape.n_out);
  }
  return bytes;
}

class BenchSplitTest : public testing::Test {
 protected:
  ProgramResult Bench(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"bench", "--split", "--lengths", "128", "--batch-sizes",
                                         "2", "--repeats", "1", "--logits", "last", "--precisions",
                                         "f32,bf16", "--output", dir_.path()});
    return RunProgram("sotto", arguments);
  }
  json Rows() { return json::parse(dir_.Read("bench.json")).at("split_rows"); }

  TempDir dir_;
};

// The tables may show what they like if what was counted is wrong: bytes are what shapes require,
// within 2 %; parts add up; a share is of the same run's TEE-only time.
void ExpectRight(const json& row, const json& tee_only, double servers_sent_to, double answers,
                 double bytes_per_number) {
  const WireBytes required = RequiredBytes();
  const double scale = bytes_per_number / 4;
  EXPECT_NEAR(row["bytes_sent_per_token"], scale * servers_sent_to * required.sent,
              0.02 * scale * servers_sent_to * required.sent)
      << row;
  EXPECT_NEAR(row["bytes_received_per_token"], scale * answers * required.received,
              0.02 * scale * answers * required.received)
      << row;
  const double cpu = row["cpu_seconds_per_token"];
  EXPECT_GT(cpu, 0);
  double parts = 0;
  for (const json& part : row["cpu_seconds_per_token_by_part"]) parts += part.get<double>();
  EXPECT_NEAR(parts, cpu, 1e-9 * cpu);
  for (const json& other : tee_only) {
    const double share = row["cpu_share_of_tee_only"][std::string(other["precision"])];
    EXPECT_NEAR(share * other["cpu_seconds_per_token"].get<double>(), cpu, 1e-9 * cpu);
  }
}

TEST_F(BenchSplitTest, MeasuresEveryProtection) {
  const AcceleratorProcess b;
  const AcceleratorProcess a({"--relay-to", b.address()});
  const ProgramResult run = Bench({"--accelerator", a.address(), "--accelerator", b.address(),
                                   "--protection", "plain,shares,pads", "--insecure-channels"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("CPU us/token"));
  EXPECT_THAT(run.err, HasSubstr("NOT CONFIDENTIAL"));
  const json rows = Rows(), tee_only = json::parse(dir_.Read("bench.json")).at("rows");
  ASSERT_EQ(rows.size(), 3);
  // Of two servers one is sent seeds, the other answers for both. Where bf16 is not in hardware
  // plain is f32.
  ExpectRight(rows[0], tee_only, 1, 1, rows[0]["precision"] == "bf16" ? 2 : 4);
  ExpectRight(rows[1], tee_only, 1, 1, 4);
  ExpectRight(rows[2], tee_only, 1, 1, 4);
  EXPECT_EQ(rows[2]["protection"], "pads");
  EXPECT_GT(rows[2]["offline_cpu_seconds_per_token"], 0);
  EXPECT_EQ(rows[1]["channel"], "shm+relay");
  const std::string csv = dir_.Read("bench_split.csv");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 4);
  EXPECT_EQ(std::ranges::count(csv, ','),
            4 * std::ranges::count(csv.substr(0, csv.find('\n')), ','));
  EXPECT_THAT(dir_.Read("bench.html"), HasSubstr("<tr class=\"split\"><td>shares"));
}

TEST_F(BenchSplitTest, TakesTheDataPlaneItIsTold) {
  const AcceleratorProcess server;
  const ProgramResult run = Bench({"--accelerator", server.address(), "--protection", "plain",
                                   "--verify", "--data-plane", "grpc"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json rows = Rows();
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows[0]["channel"], "grpc");
  EXPECT_EQ(rows[0]["precision"], "fixed");
  EXPECT_GT(rows[0]["cpu_seconds_per_token_by_part"]["channel"], 0);
}

TEST_F(BenchSplitTest, RefusesWhatIsNotMeasured) {
  const ProgramResult run = Bench({"--retries", "1"});
  EXPECT_EQ(run.exit_code, 2);
  EXPECT_THAT(run.err, HasSubstr("--retries"));
  EXPECT_EQ(RunProgram("sotto", {"bench", "--protection", "plain"}).exit_code, 2);
}

}  // namespace
}  // namespace sotto
