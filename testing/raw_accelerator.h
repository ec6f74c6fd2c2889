// A server of one session that says what no gRPC library would send. Test-only.
#ifndef SOTTO_TESTING_RAW_ACCELERATOR_H_
#define SOTTO_TESTING_RAW_ACCELERATOR_H_

#include <string>
#include <thread>

#include "base/descriptor.h"

namespace sotto {

// What it sends, as HTTP/2 frames; the call is stream 1.
struct RawScript {
  std::string at_greeting, at_request;
};

class RawAccelerator {
 public:
  explicit RawAccelerator(RawScript script);
  ~RawAccelerator();
  RawAccelerator(const RawAccelerator&) = delete;
  RawAccelerator& operator=(const RawAccelerator&) = delete;

  const std::string& endpoint() const { return endpoint_; }

 private:
  // Serves the first connection until its client leaves.
  void Serve() const;

  const RawScript script_;
  const Descriptor listener_;
  std::string endpoint_;
  std::thread thread_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_RAW_ACCELERATOR_H_
