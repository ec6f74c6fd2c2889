// Holds back signals of the calling thread: their handlers run when this is gone.
#ifndef SOTTO_BASE_HELD_SIGNALS_H_
#define SOTTO_BASE_HELD_SIGNALS_H_

#include <pthread.h>
#include <signal.h>

namespace sotto {

// All but those that an instruction of this thread raises, which cannot wait.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigfillset(&held);
    for (const int raised : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&held, raised);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace sotto

#endif  // SOTTO_BASE_HELD_SIGNALS_H_
