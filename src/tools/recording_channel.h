// A channel that writes down what its accelerator is sent: how `sotto audit` listens.
#ifndef SOTTO_TOOLS_RECORDING_CHANNEL_H_
#define SOTTO_TOOLS_RECORDING_CHANNEL_H_

#include <memory>
#include <string>
#include <utility>

#include "protocol/accelerator_channel.h"
#include "tools/audit.h"

namespace sotto {

class RecordingChannel final : public AcceleratorChannel {
 public:
  // `transcript` outlives the channel.
  RecordingChannel(size_t server, std::shared_ptr<AcceleratorChannel> inner, Transcript& transcript)
      : server_(server), inner_(std::move(inner)), transcript_(transcript) {}

  std::string endpoint() const override { return inner_->endpoint(); }
  size_t MaxRows(LinearLayer layer) const override { return inner_->MaxRows(layer); }
  absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer, const BlindedRows& rows,
                                                  AnswerRows answer) override {
    transcript_.Record(server_, layer, rows);
    return inner_->Submit(layer, rows, answer);
  }
  void Fail(absl::Status why) override { inner_->Fail(std::move(why)); }

 private:
  const size_t server_;
  const std::shared_ptr<AcceleratorChannel> inner_;
  Transcript& transcript_;
};

}  // namespace sotto

#endif  // SOTTO_TOOLS_RECORDING_CHANNEL_H_
