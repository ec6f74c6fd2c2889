// Ends a session whose client does not greet in time: connections that say nothing would take all
// places.
#ifndef SOTTO_ACCELERATOR_GREETING_TIMER_H_
#define SOTTO_ACCELERATOR_GREETING_TIMER_H_

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>

namespace sotto {

class GreetingTimer {
 public:
  // Cancels the call of `context` after `timeout`, unless the timer is destroyed before.
  GreetingTimer(grpc::ServerContext& context, std::chrono::milliseconds timeout);
  ~GreetingTimer();

 private:
  struct Call;

  const std::shared_ptr<Call> call_;  // The alarm's thread may outlive the timer by a moment.
  grpc::Alarm alarm_;
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_GREETING_TIMER_H_
