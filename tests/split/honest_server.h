// A real server in the test's process, on a free port, with the model that ships with the project.
#ifndef SOTTO_TESTS_SPLIT_HONEST_SERVER_H_
#define SOTTO_TESTS_SPLIT_HONEST_SERVER_H_

#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "accelerator/server.h"
#include "protocol/session.h"

namespace sotto {

struct HonestServer {
  using Adjust = std::function<void(ServerOptions&)>;

  // The cpu device as the program opens it, bf16 where that is fastest; `adjust` may change the
  // options.
  static HonestServer Start(
      const std::string& model_dir, const Adjust& adjust = [](ServerOptions&) {});
  static HonestServer StartWith(std::unique_ptr<Device> device, const std::string& model_dir,
                                const Adjust& adjust);

  // What a client that expects this model asks for.
  SessionOptions ClientOptions(NumberFormat format) const;
  std::shared_ptr<Session> Connect(NumberFormat format) const;

  const std::string& endpoint() const { return server->address(); }

  ModelSpec config;
  std::string weights_sha256;
  std::unique_ptr<AcceleratorServer> server{};
};

// One-line SOTTO_CHECK on a StatusOr, with its message on stderr.
template <typename T>
T ValueOrDie(absl::StatusOr<T> value) {
  if (!value.ok()) std::fprintf(stderr, "%s\n", value.status().ToString().c_str());
  SOTTO_CHECK(value.ok());
  return *std::move(value);
}

}  // namespace sotto

#endif  // SOTTO_TESTS_SPLIT_HONEST_SERVER_H_
