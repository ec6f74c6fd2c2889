// Who may go on: keeps the lanes' token blocks in order where they share keys and values.
#ifndef SOTTO_TRUSTED_ENGINE_LANE_SCHEDULE_H_
#define SOTTO_TRUSTED_ENGINE_LANE_SCHEDULE_H_

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

namespace sotto {

// Thread-safe. Blocks are numbered from 0 by rising row; each goes through the layers in order.
class LaneSchedule {
 public:
  // Layer l's keys and values are in store l % stores.
  LaneSchedule(size_t layers, size_t blocks, size_t stores);

  // Waits until all earlier blocks are done with attention in `layer`, and every block with what
  // the store held before. Earlier blocks must have finished reading, not only have stored theirs:
  // two token blocks may meet inside one block of keys. False when a lane has failed: stop.
  bool AwaitTurnToStore(size_t layer, size_t block);
  // To be called once for each layer and block, when it neither stores nor reads any more.
  void Attended(size_t layer);
  // Lets nobody wait any longer.
  void Fail();

 private:
  const size_t blocks_, stores_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<size_t> attended_;  // Blocks, of each layer.
  bool failed_ = false;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_ENGINE_LANE_SCHEDULE_H_
