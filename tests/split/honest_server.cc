#include "tests/split/honest_server.h"

#include "accelerator/devices/device_registry.h"

namespace sotto {

HonestServer HonestServer::Start(const std::string& model_dir, const Adjust& adjust) {
  const std::vector<std::string> devices = {"cpu"};
  return StartWith(ValueOrDie(OpenDevices(devices, {.threads = 1})), model_dir, adjust);
}

HonestServer HonestServer::StartWith(std::unique_ptr<Device> device, const std::string& model_dir,
                                     const Adjust& adjust) {
  std::unique_ptr<ServedModel> model = ValueOrDie(ServedModel::Open(model_dir, std::move(device)));
  ServerOptions options{.listen = "localhost:0"};
  adjust(options);
  HonestServer honest{.config = model->checkpoint().config(),
                      .weights_sha256 = model->weights_sha256()};
  honest.server = ValueOrDie(AcceleratorServer::Start(std::move(model), options));
  return honest;
}

SessionOptions HonestServer::ClientOptions(NumberFormat format) const {
  return {.config = config, .weights_sha256 = weights_sha256, .format = format};
}

std::shared_ptr<Session> HonestServer::Connect(NumberFormat format) const {
  return ValueOrDie(Session::Open(endpoint(), ClientOptions(format)));
}

}  // namespace sotto
