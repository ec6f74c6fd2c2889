#include "trusted/split/session_channel.h"

#include <utility>

namespace sotto {
namespace {

class SessionPending final : public AcceleratorChannel::Pending {
 public:
  SessionPending(std::shared_ptr<AcceleratorSession> session, PendingExchange exchange)
      : session_(std::move(session)), exchange_(std::move(exchange)) {}

  absl::Status Wait() override { return session_->Wait(std::move(exchange_)); }

 private:
  const std::shared_ptr<AcceleratorSession> session_;
  PendingExchange exchange_;
};

class SessionChannel final : public AcceleratorChannel {
 public:
  explicit SessionChannel(std::shared_ptr<AcceleratorSession> session)
      : session_(std::move(session)) {}

  std::string endpoint() const override { return session_->endpoint(); }
  size_t MaxRows(LinearLayer layer) const override { return session_->MaxRows(layer); }
  absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer, const BlindedRows& rows,
                                                  AnswerRows answer) override {
    SOTTO_ASSIGN_OR_RETURN(PendingExchange exchange, session_->Submit(layer, rows, answer));
    return std::make_unique<SessionPending>(session_, std::move(exchange));
  }
  void Fail(absl::Status why) override { session_->Fail(why); }

 private:
  const std::shared_ptr<AcceleratorSession> session_;
};

}  // namespace

std::unique_ptr<AcceleratorChannel> MakeSessionChannel(
    std::shared_ptr<AcceleratorSession> session) {
  return std::make_unique<SessionChannel>(std::move(session));
}

}  // namespace sotto
