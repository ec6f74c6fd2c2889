// Where data connections find their sessions. A session that offers one draws a ticket; the client
// connects to the server's own port and shows it (socket_pipe.h, the hail).
#ifndef SOTTO_ACCELERATOR_DATA_DOOR_H_
#define SOTTO_ACCELERATOR_DATA_DOOR_H_

#include <map>
#include <mutex>

#include "base/descriptor.h"
#include "protocol/socket_pipe.h"

namespace sotto {

// Thread-safe.
class DataDoor {
 public:
  // A session's expectation of one connection, for as long as it lives. The door outlives it.
  class Place {
   public:
    explicit Place(DataDoor& door);
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

    const DataTicket& ticket() const { return ticket_; }
    // The connection that has shown the ticket, the first one; without a descriptor: none has. The
    // ticket lets nobody in afterwards.
    Descriptor Take();

   private:
    DataDoor& door_;
    const DataTicket ticket_ = DrawDataTicket();
  };

  // Whether a connection begins as data connections do; looks only.
  static bool IsData(int connection);
  // Reads the hail, which must be there whole, and returns it; then the connection is the session's
  // that waits for it. Closes whatever nobody waits for. Does not block.
  void Enter(Descriptor connection);

 private:
  std::mutex mutex_;
  std::map<DataTicket, Descriptor> expected_;  // Without a descriptor: has not come yet.
};

}  // namespace sotto

#endif  // SOTTO_ACCELERATOR_DATA_DOOR_H_
