// An accelerator without a process or a wire: multiplies in Submit, modulo 2^32. Test-only.
#ifndef SOTTO_TESTING_IN_PROCESS_ACCELERATOR_H_
#define SOTTO_TESTING_IN_PROCESS_ACCELERATOR_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "protocol/accelerator_channel.h"
#include "testing/ring_model.h"

namespace sotto {

// What a relay's source has sent its sink.
struct InProcessRelay {
  std::mutex mutex;
  std::map<uint64_t, Matrix<uint32_t>> products;
};

class InProcessAccelerator : public AcceleratorChannel {
 public:
  explicit InProcessAccelerator(std::shared_ptr<const RingModel> model, std::string name = "fake");

  std::string endpoint() const override { return name_; }
  size_t MaxRows(LinearLayer layer) const override;
  absl::StatusOr<std::unique_ptr<Pending>> Submit(LinearLayer layer, const BlindedRows& rows,
                                                  AnswerRows answer) override;
  void Fail(absl::Status why) override;

  // The gravest failure, or OK.
  absl::Status failure() const;
  void set_max_rows(size_t rows) { max_rows_ = rows; }
  // The same for a source and its sink.
  void set_relay(std::shared_ptr<InProcessRelay> relay) { relay_ = std::move(relay); }

 protected:
  struct Request {
    LinearLayer layer;
    bool from_seed;
    Matrix<uint32_t> x;  // [rows, n_in], the seed expanded.
  };
  // What the accelerator answers, or as a source, before the mask, sends on. One call at a time.
  virtual void Answer(const Request& request, MatrixView<uint32_t> y);
  const RingModel& model() const { return *model_; }

 private:
  void SendOn(const Request& request, const RelayPart& part);
  void AddSentOn(uint64_t number, MatrixView<uint32_t> y);

  const std::shared_ptr<const RingModel> model_;
  const std::string name_;
  size_t max_rows_ = kMaxRows;
  std::shared_ptr<InProcessRelay> relay_;
  mutable std::mutex mutex_;
  absl::Status failure_;
};

}  // namespace sotto

#endif  // SOTTO_TESTING_IN_PROCESS_ACCELERATOR_H_
