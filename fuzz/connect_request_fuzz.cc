// A request of a client of `sotto connect`: whatever its header is, nothing of one hop is passed
// on, and a body that can be padded stays what it was.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "connect/forwarded_headers.h"
#include "connect/padding.h"
#include "connect/receipt_keeper.h"
#include "http/framing.h"

namespace {

namespace http = boost::beast::http;

void CheckHeader(const http::request<http::string_body>& request) {
  (void)sotto::FramingError(request);
  (void)sotto::CheckForwardable(request);
  const auto host = request[http::field::host];
  (void)sotto::IsLoopbackHost({host.data(), host.size()});
  const http::fields passed = sotto::EndToEndFields(request);
  for (const auto field : {http::field::connection, http::field::transfer_encoding,
                           http::field::upgrade, http::field::proxy_authorization}) {
    SOTTO_CHECK(passed.count(field) == 0);
  }
  SOTTO_CHECK(passed.count(http::field::authorization) <=
              request.count(http::field::authorization));
}

void CheckPadding(const std::string& text) {
  sotto::SecretString body(text.begin(), text.end());
  if (!sotto::PadJsonBody(body, 16).ok()) return;
  SOTTO_CHECK(body.size() % 16 == 0 && body.size() < text.size() + 16);
  SOTTO_CHECK(std::string(body.substr(0, text.size())) == text);
  SOTTO_CHECK(body.find_first_not_of(' ', text.size()) == sotto::SecretString::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  boost::system::error_code error;
  parser.put(boost::asio::const_buffer(data, size), error);
  if (parser.is_header_done()) CheckHeader(parser.get());
  const std::string text(reinterpret_cast<const char*>(data), size);
  CheckPadding(text);
  if (sotto::IsReceiptId(text)) SOTTO_CHECK(text.find('/') == std::string::npos);
  return 0;
}
