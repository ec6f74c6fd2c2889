// One request of a client on its way to the service, and the answer on its way back.
#ifndef SOTTO_CONNECT_EXCHANGE_H_
#define SOTTO_CONNECT_EXCHANGE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connect/coroutines.h"
#include "connect/local_error.h"
#include "connect/local_state.h"

namespace sotto {

// Bodies are passed on a block at a time, unless the whole is needed: to be padded, or withheld
// until its receipt is checked. One object for one exchange; of one thread.
class Exchange {
 public:
  using RequestParser = http::request_parser<http::buffer_body>;

  // `parser` is past the header, which has been found fit to be forwarded. All outlive it.
  Exchange(LocalState& state, beast::tcp_stream& client, HttpBuffer& client_buffer,
           RequestParser& parser);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Until the client has an answer or the connection is broken; whether the client may ask again.
  asio::awaitable<bool> Run();

 private:
  using ResponseParser = http::response_parser<http::buffer_body>;

  const ConnectLimits& limits() const { return state_.options.limits; }

  asio::awaitable<bool> Refuse(LocalError error);
  asio::awaitable<absl::StatusOr<ServicePool::Connection>> TakeService();
  asio::awaitable<bool> AllowBody();
  asio::awaitable<std::optional<LocalError>> PadBody();
  http::request<http::empty_body> ServiceHeader() const;
  asio::awaitable<std::optional<LocalError>> Send();
  asio::awaitable<std::optional<LocalError>> PassBodyOn(bool chunked);
  asio::awaitable<std::optional<LocalError>> ReadAnswerHeader();
  asio::awaitable<bool> PassAnswerOn();
  asio::awaitable<bool> PassAnswerBodyOn(bool chunked);
  void ResetClient();
  asio::awaitable<bool> WithholdAnswer();
  asio::awaitable<std::optional<LocalError>> HoldAnswer(SecretString& body);
  asio::awaitable<std::optional<LocalError>> CheckHeldAnswer(const SecretString& body);
  asio::awaitable<absl::StatusOr<ControlReply>> AskAbout(ControlRequest question,
                                                         ServicePool::Connection& other);
  asio::awaitable<absl::Status> CheckReceipt(const ReceiptedExchange& exchange);
  http::response<http::empty_body> ClientHeader() const;
  asio::awaitable<bool> WriteHeader(http::response<http::empty_body>& header);
  void Settle();

  LocalState& state_;
  beast::tcp_stream& client_;
  HttpBuffer& client_buffer_;
  RequestParser& parser_;
  const bool has_body_, keep_alive_;
  const unsigned version_;
  ServicePool::Connection service_;
  std::optional<ResponseParser> answer_;
  std::optional<SecretString> padded_;
  std::shared_ptr<void> lease_;   // Of what is held.
  std::optional<BodyHash> sent_;  // Where there will be a receipt.
  SecretVector<char> block_;
  bool all_sent_ = false, answer_has_body_ = false;
};

}  // namespace sotto

#endif  // SOTTO_CONNECT_EXCHANGE_H_
