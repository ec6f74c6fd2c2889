// The connections of a server, and which of them goes for a newcomer. On the server's thread.
#ifndef SOTTO_TRUSTED_SERVICE_HTTP_PLACES_H_
#define SOTTO_TRUSTED_SERVICE_HTTP_PLACES_H_

#include <functional>
#include <list>
#include <utility>

namespace sotto {

struct HttpPlace {
  // Ends it wherever it is; or, while it waits, with a goodbye.
  std::function<void()> close_now, close;
  bool known = false;                    // Its client may ask (HttpAdmission).
  bool served = false;                   // It has had an answer.
  bool waiting = false;                  // For the first byte of a request.
  std::list<HttpPlace>* list = nullptr;  // That it is in.
};

class HttpPlaces {
 public:
  using Place = std::list<HttpPlace>::iterator;

  Place Add(HttpPlace place) {
    const Place added = strangers_.insert(strangers_.end(), std::move(place));
    added->list = &strangers_;
    return added;
  }
  static void Remove(Place place) { place->list->erase(place); }

  void SetKnown(Place place) {
    if (place->known) return;
    place->known = true;
    Move(place, busy_);
  }
  void SetWaiting(Place place, bool waiting) {
    place->waiting = waiting;
    if (place->known) Move(place, waiting ? waiting_ : busy_);
  }

  // Ends the one that is the first to go; false: none may. Whoever has no key can have as many
  // connections as they like, and do with them what they like: the oldest of those goes first. Of
  // the others the longest waiting one.
  bool CloseOne() {
    for (std::list<HttpPlace>* const list : {&strangers_, &waiting_}) {
      if (list->empty()) continue;
      const Place place = list->begin();
      Move(place, leaving_);
      place->close_now();
      return true;
    }
    return false;
  }

  // Ends those that had an answer and wait; others may still be asking.
  void CloseServed() const {
    for (const std::list<HttpPlace>* const list : {&strangers_, &waiting_}) {
      for (const HttpPlace& place : *list) {
        if (place.waiting && place.served) place.close();
      }
    }
  }

 private:
  // One that is leaving goes nowhere else.
  void Move(Place place, std::list<HttpPlace>& list) {
    if (place->list == &leaving_) return;
    list.splice(list.end(), *place->list, place);
    place->list = &list;
  }

  // In the order in which they came there.
  std::list<HttpPlace> strangers_, waiting_, busy_, leaving_;
};

}  // namespace sotto

#endif  // SOTTO_TRUSTED_SERVICE_HTTP_PLACES_H_
