// An HTTP/1.1 client of this machine that does as little as it can.
#ifndef SOTTO_TESTING_HTTP_CLIENT_H_
#define SOTTO_TESTING_HTTP_CLIENT_H_

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/strings.h"

namespace sotto {

struct HttpAnswer {
  int status = 0;  // 0: none came.
  std::string head = {}, body = {};
};

// One connection.
class HttpClient {
 public:
  explicit HttpClient(int port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // Whether there is a connection shows when an answer is awaited.
    (void)connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  ~HttpClient() { close(descriptor_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `headers`: lines that end in CRLF.
  HttpAnswer Post(const std::string& target, const std::string& body,
                  const std::string& headers = "") {
    return Raw(StrCat("POST ", target, " HTTP/1.1\r\nHost: localhost\r\n", headers,
                      "Content-Length: ", body.size(), "\r\n\r\n", body));
  }
  HttpAnswer PostChunked(const std::string& target, const std::string& body,
                         const std::string& headers = "") {
    std::string text = StrCat("POST ", target, " HTTP/1.1\r\nHost: localhost\r\n", headers,
                              "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0; at < body.size(); at += 100000) {
      const std::string part = body.substr(at, 100000);
      text += StrCat(absl::Hex(part.size()), "\r\n", part, "\r\n");
    }
    return Raw(text + "0\r\n\r\n");
  }
  HttpAnswer Raw(const std::string& request) {
    Send(request);
    return Read();
  }
  // All that comes until the other end closes; whether it did so in order, and not by a reset.
  std::pair<std::string, bool> RawToItsEnd(const std::string& request) {
    Send(request);
    std::string text;
    std::array<char, 65536> block{};
    ssize_t read = 0;
    while ((read = recv(descriptor_, block.data(), block.size(), 0)) > 0) {
      text.append(block.data(), static_cast<size_t>(read));
    }
    return {text, read == 0};
  }

  void Send(const std::string& text) {
    for (size_t at = 0; at < text.size();) {
      const ssize_t sent = send(descriptor_, text.data() + at, text.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) break;
      at += static_cast<size_t>(sent);
    }
  }
  HttpAnswer Read() {
    HttpAnswer answer;
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!More()) return answer;
    }
    const size_t end = buffer_.find("\r\n\r\n") + 4;
    answer.head = buffer_.substr(0, end);
    buffer_.erase(0, end);
    const size_t length = answer.head.find("Content-Length: ");
    const bool whole = length == std::string::npos
                           ? ReadChunks(answer.body)
                           : Take(std::stoul(answer.head.substr(length + 16)), answer.body);
    if (whole) answer.status = std::atoi(answer.head.c_str() + 9);
    return answer;
  }

 private:
  bool More() {
    std::array<char, 65536> block{};
    const ssize_t read = recv(descriptor_, block.data(), block.size(), 0);
    if (read <= 0) return false;
    buffer_.append(block.data(), static_cast<size_t>(read));
    return true;
  }
  bool Take(size_t size, std::string& to) {
    while (buffer_.size() < size) {
      if (!More()) return false;
    }
    to += buffer_.substr(0, size);
    buffer_.erase(0, size);
    return true;
  }
  bool ReadChunks(std::string& body) {
    while (true) {
      while (buffer_.find("\r\n") == std::string::npos) {
        if (!More()) return false;
      }
      const size_t size = std::stoul(buffer_, nullptr, 16);
      buffer_.erase(0, buffer_.find("\r\n") + 2);
      std::string end;
      if (!Take(size, body) || !Take(2, end)) return false;
      if (size == 0) return true;
    }
  }

  const int descriptor_;
  std::string buffer_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_HTTP_CLIENT_H_
