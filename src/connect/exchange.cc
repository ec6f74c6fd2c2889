#include "connect/exchange.h"

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "connect/forwarded_headers.h"
#include "connect/padding.h"

namespace sotto {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;

// The client broke off, and nobody is there to be told; or it sent what is no HTTP.
LocalError ClientError(const ErrorCode& error) {
  return IsBadHttp(error) ? ErrorOfRequest(400, "the request's body is not HTTP") : NoError();
}

}  // namespace

Exchange::Exchange(LocalState& state, beast::tcp_stream& client, HttpBuffer& client_buffer,
                   RequestParser& parser)
    : state_(state),
      client_(client),
      client_buffer_(client_buffer),
      parser_(parser),
      has_body_(!parser.is_done()),
      keep_alive_(parser.keep_alive()),
      version_(parser.get().version()),
      block_(kBlockBytes) {
  if (state_.receipts.has_value()) sent_.emplace();
}

asio::awaitable<bool> Exchange::Run() {
  if (has_body_ && state_.options.pad_to_bytes > 0) {
    std::optional<LocalError> wrong = co_await PadBody();
    if (wrong.has_value()) {
      const bool more = co_await Refuse(*std::move(wrong));
      co_return more;
    }
  }
  absl::StatusOr<ServicePool::Connection> service = co_await TakeService();
  if (!service.ok()) {
    Log(LogLevel::kWarning, ToStd(service.status().message()));
    const bool more = co_await Refuse(ErrorOfService(service.status()));
    co_return more;
  }
  service_ = *std::move(service);
  std::optional<LocalError> wrong = co_await Send();
  if (!wrong.has_value()) wrong = co_await ReadAnswerHeader();
  if (wrong.has_value()) {
    const bool more = co_await Refuse(*std::move(wrong));
    co_return more;
  }
  bool more = false;
  if (state_.receipts.has_value()) {
    more = co_await WithholdAnswer();
  } else {
    more = co_await PassAnswerOn();
  }
  co_return more;
}

// While it waits nothing has left, and Drain() does not wait for it.
asio::awaitable<absl::StatusOr<ServicePool::Connection>> Exchange::TakeService() {
  const UnsentRequest unsent(state_);
  absl::StatusOr<ServicePool::Connection> service = co_await state_.pool.Take();
  if (state_.draining) co_return absl::UnavailableError("this program is ending");
  co_return service;
}

// The connection to the service, if there is one yet, is given up: something is left to be read or
// written on it.
asio::awaitable<bool> Exchange::Refuse(LocalError error) {
  service_.reset();
  if (error.status == 0) co_return false;
  http::response<http::string_body> message(static_cast<http::status>(error.status), version_);
  message.set(http::field::content_type, "application/json");
  if (error.retry_later) message.set(http::field::retry_after, "1");
  message.body() = std::move(error.body);
  message.prepare_payload();
  const bool more = keep_alive_ && parser_.is_done() && !state_.draining;
  message.keep_alive(more);
  ErrorCode failed;
  client_.expires_after(limits().progress_timeout);
  co_await http::async_write(client_, message, Into(failed));
  co_return !failed && more;
}

// A client may wait to be told that its body is wanted.
asio::awaitable<bool> Exchange::AllowBody() {
  if (version_ < kHttp11 || !beast::iequals(parser_.get()[http::field::expect], "100-continue")) {
    co_return true;
  }
  ErrorCode error;
  http::response<http::empty_body> go_on(http::status::continue_, kHttp11);
  client_.expires_after(limits().progress_timeout);
  co_await http::async_write(client_, go_on, Into(error));
  co_return !error;
}

asio::awaitable<std::optional<LocalError>> Exchange::PadBody() {
  const size_t limit = limits().max_body_bytes;
  const size_t announced = parser_.content_length().value_or(limit);
  if (announced > limit) co_return ErrorOfRequest(413, "the request's body is too large");
  lease_ = state_.held.Take(PaddedSize(announced, state_.options.pad_to_bytes));
  if (lease_ == nullptr) co_return ErrorOfRequest(503, "too many requests are held");
  const bool allowed = co_await AllowBody();
  if (!allowed) co_return NoError();
  padded_.emplace();
  while (true) {
    ErrorCode error;
    client_.expires_after(limits().progress_timeout);
    const size_t read = co_await ReadBodySome(client_, client_buffer_, parser_, block_, error);
    if (error) co_return ClientError(error);
    if (read == 0) break;
    if (padded_->size() + read > limit) {
      co_return ErrorOfRequest(413, "the request's body is too large");
    }
    padded_->append(block_.data(), read);
  }
  const absl::Status padded = PadJsonBody(*padded_, state_.options.pad_to_bytes);
  if (!padded.ok()) co_return ErrorOfRequest(400, ToStd(padded.message()));
  co_return std::nullopt;
}

http::request<http::empty_body> Exchange::ServiceHeader() const {
  const auto& from = parser_.get();
  http::request<http::empty_body> header;
  static_cast<http::fields&>(header.base()) = EndToEndFields(from);
  header.version(kHttp11);
  header.method_string(from.method_string());
  header.target(from.target());
  header.set(http::field::host, state_.options.service.Authority());
  if (padded_.has_value()) {
    header.content_length(padded_->size());
  } else if (const auto length = parser_.content_length()) {
    header.content_length(*length);
  } else if (has_body_) {
    header.chunked(true);
  }
  return header;
}

// Until the request is sent; or as much of it as the service takes: it may answer before the end,
// and an answer is worth more than the error of a broken connection.
asio::awaitable<std::optional<LocalError>> Exchange::Send() {
  http::request<http::empty_body> header = ServiceHeader();
  const bool chunked = header.chunked();
  http::request_serializer<http::empty_body> serializer(header);
  ErrorCode error;
  service_->lowest().expires_after(limits().progress_timeout);
  co_await http::async_write_header(service_->stream(), serializer, Into(error));
  if (error) co_return std::nullopt;
  if (padded_.has_value()) {
    if (sent_.has_value()) sent_->Add(*padded_);
    error = co_await WriteBlock(service_->stream(), *padded_, /*chunked=*/false);
    padded_.reset();
    lease_.reset();
    all_sent_ = !error;
    co_return std::nullopt;
  }
  std::optional<LocalError> wrong;
  if (has_body_) {
    wrong = co_await PassBodyOn(chunked);
  } else {
    all_sent_ = true;
  }
  co_return wrong;
}

asio::awaitable<std::optional<LocalError>> Exchange::PassBodyOn(bool chunked) {
  const bool allowed = co_await AllowBody();
  if (!allowed) co_return NoError();
  while (true) {
    ErrorCode error;
    client_.expires_after(limits().progress_timeout);
    const size_t read = co_await ReadBodySome(client_, client_buffer_, parser_, block_, error);
    if (error) co_return ClientError(error);
    if (read == 0) break;
    // A body may come slowly, and its keyset end meanwhile.
    if (HasEnded(*service_->service->keyset, state_.options.Now())) {
      co_return ErrorOfService(
          absl::UnavailableError("the service: its keyset ended before the request's body did"));
    }
    const std::span<const char> block(block_.data(), read);
    if (sent_.has_value()) sent_->Add({block.data(), block.size()});
    service_->lowest().expires_after(limits().progress_timeout);
    error = co_await WriteBlock(service_->stream(), block, chunked);
    if (error) co_return std::nullopt;
  }
  ErrorCode error;
  if (chunked) error = co_await WriteLastChunk(service_->stream());
  all_sent_ = !error;
  co_return std::nullopt;
}

}  // namespace sotto
