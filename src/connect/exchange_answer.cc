// The way back: an answer of the service, to its client.
#include <cstdint>
#include <limits>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "connect/exchange.h"
#include "connect/forwarded_headers.h"
#include "connect/leave_watch.h"

namespace sotto {
namespace {

constexpr std::string_view kDigestHeader = "X-ACI-Keyset-Digest", kReceiptHeader = "X-Receipt-Id";
// A receipt is there once the service has seen the end of its answer: until then it is asked for
// again, after twice the time.
constexpr std::chrono::milliseconds kFirstReceiptPause{20}, kLastReceiptPause{1000};
constexpr unsigned kFirstStatus = 100, kSwitching = 101, kOkStatus = 200, kFirstError = 400,
                   kNotFound = 404, kPastErrors = 600;
constexpr size_t kMostInterim = 16;

// To Boost 1.74 no limit at all is less than any length.
constexpr std::uint64_t kNoAnswerLimit = std::numeric_limits<std::uint64_t>::max();

beast::string_view ToBoost(std::string_view text) { return {text.data(), text.size()}; }
std::string_view FromBoost(beast::string_view text) { return {text.data(), text.size()}; }

// Nothing of a model is computed there, and no service of ours signs that.
bool IsUnreceipted(beast::string_view target) {
  return target == "/tokenize" || target == "/detokenize";
}

LocalError AnswerError(const ErrorCode& error) {
  if (!IsBadHttp(error)) return ErrorOfService(ServiceError("its answer", error));
  return ErrorOfService(
      absl::DataLossError(StrCat("the service: its answer is not HTTP: ", error.message())));
}

}  // namespace

asio::awaitable<std::optional<LocalError>> Exchange::ReadAnswerHeader() {
  const LeaveWatch watch(state_.io, client_.socket().native_handle(),
                         [this] { service_->lowest().cancel(); });
  client_.expires_never();
  service_->lowest().expires_after(limits().answer_timeout);
  size_t interim = 0;
  do {
    if (++interim > kMostInterim) {
      co_return ErrorOfService(absl::DataLossError("the service: interim answers without end"));
    }
    answer_.emplace();
    answer_->header_limit(static_cast<std::uint32_t>(limits().max_header_bytes));
    answer_->body_limit(kNoAnswerLimit);
    if (parser_.get().method() == http::verb::head) answer_->skip(true);
    ErrorCode error;
    co_await http::async_read_header(service_->stream(), service_->buffer(), *answer_, Into(error));
    if (watch.left()) co_return NoError();
    if (error) co_return AnswerError(error);
    if (answer_->get().result_int() < kFirstStatus) {
      co_return ErrorOfService(absl::DataLossError("the service: answers with no status"));
    }
  } while (answer_->get().result_int() < kOkStatus && answer_->get().result_int() != kSwitching);
  if (answer_->get().result_int() == kSwitching) {
    co_return ErrorOfService(absl::DataLossError("the service: switches protocols unasked"));
  }
  answer_->eager(true);
  answer_has_body_ = !answer_->is_done();
  if (!answer_->keep_alive()) service_->SetReusable(false);
  const std::string_view digest = FromBoost(answer_->get()[ToBoost(kDigestHeader)]);
  if (digest != service_->service->keyset->digest()) {
    Log(LogLevel::kInfo, "the service names another keyset: it is verified anew before a request");
    state_.pool.Distrust(*service_);
    service_->SetReusable(false);
  }
  co_return std::nullopt;
}

http::response<http::empty_body> Exchange::ClientHeader() const {
  http::response<http::empty_body> header;
  static_cast<http::fields&>(header.base()) = EndToEndFields(answer_->get());
  header.version(version_);
  header.result(answer_->get().result_int());
  return header;
}

asio::awaitable<bool> Exchange::WriteHeader(http::response<http::empty_body>& header) {
  http::response_serializer<http::empty_body> serializer(header);
  ErrorCode error;
  client_.expires_after(limits().progress_timeout);
  co_await http::async_write_header(client_, serializer, Into(error));
  co_return !error;
}

// What is left of the connection to the service after a whole answer.
void Exchange::Settle() {
  const bool whole = all_sent_ && answer_->is_done() && answer_->keep_alive();
  if (whole) state_.pool.Give(std::move(service_));
  service_.reset();
}

asio::awaitable<bool> Exchange::PassAnswerOn() {
  http::response<http::empty_body> header = ClientHeader();
  const auto length = answer_->content_length();
  const bool chunked = answer_has_body_ && !length.has_value() && version_ > kHttp10;
  const bool until_end = answer_has_body_ && !length.has_value() && !chunked;
  const bool more = keep_alive_ && parser_.is_done() && !until_end && !state_.draining;
  if (length.has_value()) header.content_length(*length);
  if (chunked) header.chunked(true);
  header.keep_alive(more);
  const bool begun = co_await WriteHeader(header);
  if (!begun) co_return false;
  const bool ended = co_await PassAnswerBodyOn(chunked);
  if (!ended && until_end) ResetClient();
  if (!ended) co_return false;
  Settle();
  co_return more;
}

// The end of the connection is the end of this answer: one that is cut must end in another way.
void Exchange::ResetClient() {
  ErrorCode ignored;
  client_.socket().set_option(asio::socket_base::linger(true, 0), ignored);
  client_.socket().close(ignored);
}

asio::awaitable<bool> Exchange::PassAnswerBodyOn(bool chunked) {
  ErrorCode error;
  while (true) {
    service_->lowest().expires_after(limits().progress_timeout);
    const size_t read =
        co_await ReadBodySome(service_->stream(), service_->buffer(), *answer_, block_, error);
    if (error) co_return false;
    if (read == 0) break;
    client_.expires_after(limits().progress_timeout);
    error = co_await WriteBlock(client_, std::span<const char>(block_.data(), read), chunked);
    if (error) co_return false;
  }
  if (chunked) error = co_await WriteLastChunk(client_);
  co_return !error;
}

// Over the connection that the answer came by; over another, `other`, where the service closes
// that.
asio::awaitable<absl::StatusOr<ControlReply>> Exchange::AskAbout(ControlRequest question,
                                                                 ServicePool::Connection& other) {
  ServiceConnection* asked = other != nullptr ? other.get() : service_.get();
  if (!asked->reusable()) {
    absl::StatusOr<ServicePool::Connection> taken = co_await state_.pool.Take();
    if (!taken.ok()) co_return taken.status();
    other = *std::move(taken);
    asked = other.get();
  }
  absl::StatusOr<ControlReply> reply = co_await asked->Ask(std::move(question));
  co_return reply;
}

// PERMISSION_DENIED for a receipt that is none; other errors where it cannot be had or kept.
asio::awaitable<absl::Status> Exchange::CheckReceipt(const ReceiptedExchange& exchange) {
  if (!IsReceiptId(exchange.receipt_id)) {
    co_return absl::PermissionDeniedError("the receipt is refused: receipt_id (not an id)");
  }
  const std::string authorization(FromBoost(parser_.get()[http::field::authorization]));
  auto pause = kFirstReceiptPause;
  ServicePool::Connection other;
  while (true) {
    ControlRequest question{.target = StrCat("/v1/aci/receipts/", exchange.receipt_id),
                            .authorization = authorization};
    const absl::StatusOr<ControlReply> receipt = co_await AskAbout(std::move(question), other);
    if (!receipt.ok()) co_return receipt.status();
    if (receipt->status == kOkStatus) {
      if (other != nullptr) state_.pool.Give(std::move(other));
      co_return state_.receipts->Keep(receipt->body, *service_->service->keyset, exchange);
    }
    if (receipt->status != kNotFound || pause > kLastReceiptPause) {
      co_return absl::PermissionDeniedError(
          StrCat("the receipt is refused: missing (the service answers HTTP ", receipt->status,
                 " when it is asked for it)"));
    }
    asio::steady_timer timer(state_.io, pause);
    ErrorCode ignored;
    co_await timer.async_wait(Into(ignored));
    pause *= 2;
  }
}

asio::awaitable<std::optional<LocalError>> Exchange::HoldAnswer(SecretString& body) {
  const size_t limit = limits().max_answer_bytes;
  const size_t announced = answer_->is_done() ? 0 : answer_->content_length().value_or(limit);
  const LocalError too_long =
      ErrorOfService(absl::DataLossError(StrCat("the service: an answer of more than ", limit,
                                                " bytes, which would have to be held "
                                                "until its receipt is checked")));
  if (announced > limit) co_return too_long;
  lease_ = state_.held.Take(announced);
  if (lease_ == nullptr) co_return ErrorOfRequest(503, "too many answers are held");
  while (true) {
    ErrorCode error;
    service_->lowest().expires_after(limits().progress_timeout);
    const size_t read =
        co_await ReadBodySome(service_->stream(), service_->buffer(), *answer_, block_, error);
    if (error) co_return AnswerError(error);
    if (read == 0) co_return std::nullopt;
    if (body.size() + read > limit) co_return too_long;
    body.append(block_.data(), read);
  }
}

// What an answer without a receipt may be: an error, or what was asked for without a body.
asio::awaitable<std::optional<LocalError>> Exchange::CheckHeldAnswer(const SecretString& body) {
  const auto& request = parser_.get();
  ReceiptedExchange exchange;
  exchange.receipt_id = std::string(FromBoost(answer_->get()[ToBoost(kReceiptHeader)]));
  exchange.method = std::string(FromBoost(request.method_string()));
  const unsigned status = answer_->get().result_int();
  const bool is_error = status >= kFirstError && status < kPastErrors;
  const bool reads = request.method() == http::verb::get || request.method() == http::verb::head;
  if (exchange.receipt_id.empty()) {
    if (!is_error && !reads && !IsUnreceipted(request.target())) {
      co_return ErrorOfReceipt("the receipt is refused: missing (the answer names none)");
    }
    co_return std::nullopt;
  }
  const std::string_view target = FromBoost(request.target());
  exchange.path = std::string(target.substr(0, target.find('?')));
  BodyHash came;
  came.Add(body);
  exchange.request_sha256 = sent_->Finish();
  exchange.response_sha256 = came.Finish();
  const absl::Status kept = co_await CheckReceipt(exchange);
  if (kept.ok()) co_return std::nullopt;
  Log(LogLevel::kWarning, ToStd(kept.message()));
  if (absl::IsPermissionDenied(kept)) co_return ErrorOfReceipt(ToStd(kept.message()));
  co_return ErrorOfService(kept);
}

asio::awaitable<bool> Exchange::WithholdAnswer() {
  SecretString body;
  std::optional<LocalError> wrong = co_await HoldAnswer(body);
  if (!wrong.has_value()) wrong = co_await CheckHeldAnswer(body);
  if (wrong.has_value()) {
    const bool more = co_await Refuse(*std::move(wrong));
    co_return more;
  }
  http::response<http::empty_body> header = ClientHeader();
  const bool more = keep_alive_ && parser_.is_done() && !state_.draining;
  // That of an answer to HEAD is of a body that is not here.
  const auto length = answer_->content_length();
  if (length.has_value() || answer_has_body_) header.content_length(length.value_or(body.size()));
  header.keep_alive(more);
  Settle();
  const bool begun = co_await WriteHeader(header);
  if (!begun) co_return false;
  client_.expires_after(limits().progress_timeout);
  const ErrorCode error = co_await WriteBlock(client_, body, /*chunked=*/false);
  co_return !error && more;
}

}  // namespace sotto
