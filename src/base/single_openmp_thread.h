// Libraries that run on OpenMP (oneDNN) work on the calling thread alone while this lives: the pool
// has threads enough. The setting is each thread's own, and whoever called gets it back.
#ifndef SOTTO_BASE_SINGLE_OPENMP_THREAD_H_
#define SOTTO_BASE_SINGLE_OPENMP_THREAD_H_

#include <omp.h>

namespace sotto {

class SingleOpenMpThread {
 public:
  SingleOpenMpThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~SingleOpenMpThread() { omp_set_num_threads(before_); }
  SingleOpenMpThread(const SingleOpenMpThread&) = delete;

 private:
  const int before_;
};

}  // namespace sotto

#endif  // SOTTO_BASE_SINGLE_OPENMP_THREAD_H_
