#include "trusted/service/task_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <new>

namespace sotto {
namespace {

TEST(TaskQueueTest, ATaskThatThrowsEndsAlone) {
  TaskQueue tasks(1);
  std::promise<void> done;
  tasks.Post([] { throw std::bad_alloc(); });
  tasks.Post([&] { done.set_value(); });
  done.get_future().wait();
}

TEST(TaskQueueTest, SmallTasksDoNotWaitForLargeOnes) {
  TaskQueue tasks(2);
  std::promise<void> go_on, done;
  std::shared_future<void> gone_on(go_on.get_future());
  for (int i = 0; i < 3; ++i) tasks.Post([gone_on] { gone_on.wait(); }, TaskSize::kLarge);
  tasks.Post([&] { done.set_value(); });
  done.get_future().wait();
  std::promise<void> last;
  tasks.Post([&] { last.set_value(); }, TaskSize::kLarge);
  go_on.set_value();
  last.get_future().wait();
}

}  // namespace
}  // namespace sotto
