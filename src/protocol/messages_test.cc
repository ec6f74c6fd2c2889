#include "protocol/messages.h"

#include "gtest/gtest.h"
#include "protocol/proto_codec.h"
#include "protocol/records.h"

namespace sotto {
namespace {

constexpr uint64_t kWindow = 1 << 20;

ModelShape Model() {
  return {.layers = {{.n_in = 12, .n_out = 20}, {.n_in = 12, .n_out = 33}},
          .hidden_size = 12,
          .vocab_size = 33};
}

RequestHeader LinearRequest() {
  return {.sequence = 7,
          .operation = Operation::kLinear,
          .format = NumberFormat::kRing32,
          .layer = 1,
          .rows = 3,
          .payload_bytes = 3 * 12 * 4};
}
RequestHeader SeedRequest() {
  RequestHeader request = LinearRequest();
  request.seed.emplace().fill(9);
  request.payload_bytes = 0;
  return request;
}
RequestHeader RelaySourceRequest() {
  RequestHeader request = SeedRequest();
  request.operation = Operation::kRelaySource;
  request.relay_number = 3;
  request.mask_seed.fill(4);
  return request;
}
RequestHeader MatMulRequest() {
  return {.sequence = 1,
          .operation = Operation::kMatMul,
          .format = NumberFormat::kF32,
          .rows = 10,
          .mat_mul = {.batch = 2, .m = 5, .n = 3, .k = 7},
          .payload_bytes = 2 * (5 + 3) * 7 * 4};
}
RequestHeader EmbeddingRequest() {
  return {.sequence = 1,
          .operation = Operation::kEmbedding,
          .format = NumberFormat::kTokenIds,
          .rows = 4,
          .payload_bytes = 16};
}

TEST(CheckRequestTest, SizesOfEveryOperation) {
  const auto sizes = [](const RequestHeader& request) {
    const absl::StatusOr<ExchangeSizes> checked = CheckRequest(request, Model(), kWindow);
    EXPECT_TRUE(checked.ok()) << checked.status();
    return *checked;
  };
  EXPECT_EQ(sizes(LinearRequest()).answer_bytes, 3u * 33 * 4);
  EXPECT_EQ(sizes(SeedRequest()).request_bytes, 0u);
  EXPECT_EQ(sizes(SeedRequest()).answer_bytes, 3u * 33 * 4);
  EXPECT_EQ(sizes(RelaySourceRequest()).answer_bytes, 0u);
  EXPECT_EQ(sizes(MatMulRequest()).answer_bytes, 2u * 5 * 3 * 4);
  EXPECT_EQ(sizes(EmbeddingRequest()).answer_bytes, 4u * 12 * 4);
  EXPECT_EQ(sizes(EmbeddingRequest()).answer_format, NumberFormat::kF32);
  RequestHeader bf16 = LinearRequest();
  bf16.format = NumberFormat::kBf16;
  bf16.payload_bytes = 3 * 12 * 2;
  EXPECT_EQ(sizes(bf16).answer_bytes, 3u * 33 * 2);
}

struct Damage {
  const char* name;
  RequestHeader request;
};

template <typename F>
Damage Damaged(const char* name, RequestHeader request, F damage) {
  damage(request);
  return {name, request};
}

std::vector<Damage> AllDamages() {
  using R = RequestHeader;
  return {
      Damaged("layer", LinearRequest(), [](R& r) { r.layer = 2; }),
      Damaged("layer_max", LinearRequest(), [](R& r) { r.layer = ~0u; }),
      Damaged("no_rows", LinearRequest(), [](R& r) { r.rows = 0; }),
      Damaged("rows_max", LinearRequest(), [](R& r) { r.rows = ~0u; }),
      Damaged("short", LinearRequest(), [](R& r) { --r.payload_bytes; }),
      Damaged("long", LinearRequest(), [](R& r) { ++r.payload_bytes; }),
      Damaged("format_0", LinearRequest(), [](R& r) { r.format = NumberFormat{0}; }),
      Damaged("format_5", LinearRequest(), [](R& r) { r.format = NumberFormat{5}; }),
      Damaged("ids", LinearRequest(), [](R& r) { r.format = NumberFormat::kTokenIds; }),
      Damaged("operation_0", LinearRequest(), [](R& r) { r.operation = Operation{0}; }),
      Damaged("operation_6", LinearRequest(), [](R& r) { r.operation = Operation{6}; }),
      Damaged("seed_and_payload", SeedRequest(), [](R& r) { r.payload_bytes = 144; }),
      Damaged("float_seed", SeedRequest(), [](R& r) { r.format = NumberFormat::kF32; }),
      Damaged("relay_no_seed", RelaySourceRequest(), [](R& r) { r.seed.reset(); }),
      Damaged("relay_number_0", RelaySourceRequest(), [](R& r) { r.relay_number = 0; }),
      Damaged("relay_sink_seed", RelaySourceRequest(),
              [](R& r) { r.operation = Operation::kRelaySink; }),
      Damaged("number_without_relay", LinearRequest(), [](R& r) { r.relay_number = 1; }),
      Damaged("relay_float", RelaySourceRequest(), [](R& r) { r.format = NumberFormat::kF32; }),
      Damaged("embedding_seed", EmbeddingRequest(), [](R& r) { r.seed.emplace(); }),
      Damaged("embedding_f32", EmbeddingRequest(), [](R& r) { r.format = NumberFormat::kF32; }),
      Damaged("matmul_rows", MatMulRequest(), [](R& r) { r.rows = 9; }),
      Damaged("matmul_ring", MatMulRequest(), [](R& r) { r.format = NumberFormat::kRing32; }),
      Damaged("matmul_0", MatMulRequest(), [](R& r) { r.mat_mul.k = 0; }),
      Damaged("matmul_max", MatMulRequest(),
              [](R& r) {
                r.mat_mul = {~0u, ~0u, ~0u, ~0u};
              }),
  };
}

TEST(CheckRequestTest, RefusesEveryDamage) {
  for (const Damage& damage : AllDamages()) {
    EXPECT_EQ(CheckRequest(damage.request, Model(), kWindow).status().code(),
              absl::StatusCode::kInvalidArgument)
        << damage.name;
  }
}

TEST(CheckRequestTest, ASourcesProductCountsAgainstTheWindow) {
  RequestHeader request = RelaySourceRequest();
  request.rows = kMaxRows;
  EXPECT_EQ(CheckRequest(request, Model(), kWindow).status().code(),
            absl::StatusCode::kResourceExhausted);
}

// 32 bytes must not have the server hold more than the rows they stand for would.
TEST(CheckRequestTest, ASeedCountsAsTheRowsItStandsFor) {
  const uint64_t total = 3 * (12 + 33) * 4;
  EXPECT_TRUE(CheckRequest(SeedRequest(), Model(), total).ok());
  EXPECT_EQ(CheckRequest(SeedRequest(), Model(), total - 1).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(CheckRelayHeaderTest, TakesTheOneRightSizeAndNoMoreThanThereIsRoomFor) {
  const RelayHeader right{.number = 1, .layer = 1, .rows = 3, .payload_bytes = 3 * 33 * 4};
  EXPECT_EQ(*CheckRelayHeader(right, Model(), 3 * 33 * 4), 33u);
  EXPECT_EQ(CheckRelayHeader(right, Model(), 3 * 33 * 4 - 1).status().code(),
            absl::StatusCode::kResourceExhausted);
  for (const auto damage :
       {+[](RelayHeader& h) { h.number = 0; }, +[](RelayHeader& h) { h.layer = 2; },
        +[](RelayHeader& h) { h.rows = 0; }, +[](RelayHeader& h) { h.rows = kMaxRows + 1; },
        +[](RelayHeader& h) { ++h.payload_bytes; }}) {
    RelayHeader damaged = right;
    damage(damaged);
    EXPECT_EQ(CheckRelayHeader(damaged, Model(), ~uint64_t{0}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(CheckRequestTest, TheLargestSizesDoNotWrapAround) {
  RequestHeader request = MatMulRequest();
  request.mat_mul = {.batch = 1u << 10, .m = 1u << 20, .n = 1u << 20, .k = 1u << 20};
  request.rows = 1u << 30;
  request.payload_bytes = 0;  // 2^10 * 2^21 * 2^20 * 4 = 2^53.
  EXPECT_FALSE(CheckRequest(request, Model(), ~uint64_t{0}).ok());
}

// Each takes its time, however few bytes it has.
TEST(CheckRequestTest, ABatchHasNoMoreProductsThanAModelHasHeads) {
  RequestHeader request = MatMulRequest();
  for (const uint32_t batch : {kMaxProducts, kMaxProducts + 1, 1u << 16}) {
    request.mat_mul = {.batch = batch, .m = 1, .n = 1, .k = 1};
    request.rows = batch;
    request.payload_bytes = uint64_t{batch} * 2 * sizeof(float);
    EXPECT_EQ(CheckRequest(request, Model(), kWindow).ok(), batch <= kMaxProducts) << batch;
  }
}

TEST(CheckRequestTest, RefusesMoreThanTheWindow) {
  const uint64_t total = 3 * (12 + 33) * 4;
  EXPECT_TRUE(CheckRequest(LinearRequest(), Model(), total).ok());
  EXPECT_EQ(CheckRequest(LinearRequest(), Model(), total - 1).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(CheckAnswerTest, TakesExactlyWhatWasAskedFor) {
  const ExchangeSizes sizes = *CheckRequest(LinearRequest(), Model(), kWindow);
  const AnswerHeader right{
      .sequence = 7, .format = NumberFormat::kRing32, .rows = 3, .payload_bytes = 3 * 33 * 4};
  EXPECT_TRUE(CheckAnswer(right, sizes).ok());
  AnswerHeader wrong = right;
  wrong.rows = 2;
  EXPECT_EQ(CheckAnswer(wrong, sizes).code(), absl::StatusCode::kAborted);
  wrong = right;
  wrong.payload_bytes -= 4;
  EXPECT_EQ(CheckAnswer(wrong, sizes).code(), absl::StatusCode::kAborted);
  wrong = right;
  wrong.format = NumberFormat::kF32;
  EXPECT_EQ(CheckAnswer(wrong, sizes).code(), absl::StatusCode::kAborted);
}

TEST(CheckChunkTest, TakesOnlyWhatFollows) {
  EXPECT_TRUE(CheckChunk(10, 5, 10, 15).ok());
  EXPECT_FALSE(CheckChunk(10, 6, 10, 15).ok());
  EXPECT_FALSE(CheckChunk(10, 0, 10, 15).ok());
  EXPECT_FALSE(CheckChunk(9, 5, 10, 15).ok());
  EXPECT_FALSE(CheckChunk(11, 4, 10, 15).ok());
  EXPECT_FALSE(CheckChunk(10, ~uint64_t{0}, 10, 15).ok());
}

TEST(CodecTest, BothEncodingsGiveBackWhatWentIn) {
  RequestHeader sink = LinearRequest();
  sink.operation = Operation::kRelaySink;
  sink.relay_number = 8;
  for (const RequestHeader& request : {LinearRequest(), SeedRequest(), RelaySourceRequest(), sink,
                                       MatMulRequest(), EmbeddingRequest()}) {
    pb::ExchangeRequest message;
    EncodeRequest(request, message);
    EXPECT_EQ(*DecodeRequest(message), request);
    EXPECT_EQ(*DecodeRequestRecord(EncodeRequestRecord(request)), request);
  }
  const AnswerHeader answer{.sequence = 5,
                            .format = NumberFormat::kF32,
                            .rows = 2,
                            .payload_bytes = 1 << 30,
                            .device_ns = 77};
  pb::ExchangeAnswer message;
  EncodeAnswer(answer, message);
  EXPECT_EQ(DecodeAnswer(message), answer);
  EXPECT_EQ(*DecodeAnswerRecord(EncodeAnswerRecord(answer)), answer);
}

TEST(CodecTest, TheRecordIsAsTheDocumentSays) {
  const RequestRecord record = EncodeRequestRecord(RelaySourceRequest());
  EXPECT_EQ(record[0], 7);   // sequence
  EXPECT_EQ(record[8], 4);   // operation
  EXPECT_EQ(record[12], 3);  // format
  EXPECT_EQ(record[16], 1);  // layer
  EXPECT_EQ(record[20], 3);  // rows
  EXPECT_EQ(record[32], 1);  // flags
  EXPECT_EQ(record[56], 3);  // relay number
  EXPECT_EQ(record[57], 0);
  EXPECT_EQ(record[72], 9);  // seed
  EXPECT_EQ(record[103], 9);
  EXPECT_EQ(record[104], 4);  // mask seed
  EXPECT_EQ(record[135], 4);
  EXPECT_EQ(record[136], 0);
}

TEST(CodecTest, ReservedBytesMustBeZero) {
  for (const size_t offset : {36, 39, 64, 136, 191}) {
    RequestRecord record = EncodeRequestRecord(LinearRequest());
    record[offset] = 1;
    EXPECT_FALSE(DecodeRequestRecord(record).ok()) << offset;
  }
  RequestRecord seed_without_flag = EncodeRequestRecord(LinearRequest());
  seed_without_flag[72] = 1;
  EXPECT_FALSE(DecodeRequestRecord(seed_without_flag).ok());
  AnswerRecord answer = EncodeAnswerRecord({});
  answer[63] = 1;
  EXPECT_FALSE(DecodeAnswerRecord(answer).ok());
}

TEST(CodecTest, ByteStringsOfAnotherLengthAreRefused) {
  pb::ExchangeRequest message;
  EncodeRequest(RelaySourceRequest(), message);
  for (const auto damage :
       {+[](pb::ExchangeRequest& m) { m.set_seed("short"); },
        +[](pb::ExchangeRequest& m) { m.clear_mask_seed(); },
        +[](pb::ExchangeRequest& m) { m.set_mask_seed(std::string(33, 'x')); }}) {
    pb::ExchangeRequest damaged = message;
    damage(damaged);
    EXPECT_EQ(DecodeRequest(damaged).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace sotto
