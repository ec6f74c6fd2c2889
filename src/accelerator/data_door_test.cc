#include "accelerator/data_door.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace sotto {
namespace {

// A connection: the server's end, and the client's.
struct Connection {
  Connection() {
    int fds[2];
    SOTTO_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    theirs = Descriptor(fds[0]);
    ours = Descriptor(fds[1]);
  }
  void Say(std::span<const uint8_t> bytes) const {
    SOTTO_CHECK(send(ours.get(), bytes.data(), bytes.size(), 0) ==
                static_cast<ssize_t>(bytes.size()));
  }
  // What the client hears: the hail, or an end without a word.
  bool Welcomed() const {
    std::array<uint8_t, kHailBytes> answer{};
    return recv(ours.get(), answer.data(), answer.size(), MSG_WAITALL) ==
           static_cast<ssize_t>(answer.size());
  }

  Descriptor theirs, ours;
};

TEST(DataDoorTest, LeadsToTheSessionThatWaits) {
  DataDoor door;
  DataDoor::Place other(door), place(door);
  Connection c;
  c.Say(EncodeHail(place.ticket()));
  const int fd = c.theirs.get();
  EXPECT_TRUE(DataDoor::IsData(fd));
  door.Enter(std::move(c.theirs));
  EXPECT_TRUE(c.Welcomed());
  EXPECT_FALSE(other.Take().ok());
  EXPECT_EQ(place.Take().get(), fd);
}

TEST(DataDoorTest, TurnsAwayWhoeverIsNotExpected) {
  DataDoor door;
  std::optional<DataDoor::Place> gone(std::in_place, door);
  const DataTicket old = gone->ticket();
  gone.reset();
  for (const DataTicket& ticket : {old, DataTicket{}}) {
    Connection c;
    c.Say(EncodeHail(ticket));
    door.Enter(std::move(c.theirs));
    EXPECT_FALSE(c.Welcomed());
  }
}

TEST(DataDoorTest, OneTicketLetsOneIn) {
  DataDoor door;
  DataDoor::Place place(door);
  Connection first, second;
  first.Say(EncodeHail(place.ticket()));
  second.Say(EncodeHail(place.ticket()));
  const int fd = first.theirs.get();
  door.Enter(std::move(first.theirs));
  door.Enter(std::move(second.theirs));
  EXPECT_FALSE(second.Welcomed());
  EXPECT_EQ(place.Take().get(), fd);
  Connection third;
  third.Say(EncodeHail(place.ticket()));
  door.Enter(std::move(third.theirs));
  EXPECT_FALSE(third.Welcomed());
  EXPECT_FALSE(place.Take().ok());
}

TEST(DataDoorTest, AHailThatIsCutShortOrContinuesOtherwiseIsNone) {
  DataDoor door;
  DataDoor::Place place(door);
  const auto hail = EncodeHail(place.ticket());
  Connection half, longer;
  half.Say(std::span(hail).first(40));
  EXPECT_TRUE(DataDoor::IsData(half.theirs.get()));
  door.Enter(std::move(half.theirs));
  EXPECT_FALSE(half.Welcomed());
  auto other = hail;
  other.back() = 1;
  longer.Say(other);
  door.Enter(std::move(longer.theirs));
  EXPECT_FALSE(longer.Welcomed());
  EXPECT_FALSE(place.Take().ok());
}

TEST(DataDoorTest, TlsAndHttp2AreNotForIt) {
  for (const std::string_view begin : {std::string_view("PRI * HTTP/2.0\r\n"),
                                       std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01", 8),
                                       std::string_view("SOTTODA"), std::string_view()}) {
    Connection c;
    c.Say({reinterpret_cast<const uint8_t*>(begin.data()), begin.size()});
    EXPECT_FALSE(DataDoor::IsData(c.theirs.get())) << begin;
  }
}

}  // namespace
}  // namespace sotto
