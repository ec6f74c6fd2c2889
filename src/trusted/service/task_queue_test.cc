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

}  // namespace
}  // namespace sotto
