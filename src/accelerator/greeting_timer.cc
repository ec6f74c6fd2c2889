#include "accelerator/greeting_timer.h"

#include <mutex>

namespace sotto {

struct GreetingTimer::Call {
  std::mutex mutex;
  grpc::ServerContext* context;  // Null once the greeting is over.
};

GreetingTimer::GreetingTimer(grpc::ServerContext& context, std::chrono::milliseconds timeout)
    : call_(std::make_shared<Call>()) {
  call_->context = &context;
  alarm_.Set(std::chrono::system_clock::now() + timeout, [call = call_](bool expired) {
    std::lock_guard lock(call->mutex);
    if (expired && call->context != nullptr) call->context->TryCancel();
  });
}

GreetingTimer::~GreetingTimer() {
  std::lock_guard lock(call_->mutex);
  call_->context = nullptr;
}

}  // namespace sotto
