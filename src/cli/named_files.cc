#include "cli/named_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <system_error>

#include "base/file.h"
#include "base/strings.h"
#include "model/input_paths.h"

namespace sotto {
namespace {

namespace fs = std::filesystem;

struct Place {
  const NamedFile* named;
  std::optional<int> descriptor;
  bool exists = false;
  struct stat info = {};
  fs::path path = {};  // Where it would be; empty where that cannot be said: opening it will tell.
};

Place PlaceOf(const NamedFile& named) {
  Place place{.named = &named, .descriptor = DescriptorOfPath(named.path)};
  place.exists = (place.descriptor.has_value() ? fstat(*place.descriptor, &place.info)
                                               : stat(named.path.c_str(), &place.info)) == 0;
  std::error_code error;
  if (!place.exists)
    place.path = fs::weakly_canonical(fs::absolute(FollowLinks(named.path), error), error);
  return place;
}

bool Same(const Place& a, const Place& b) {
  if (a.descriptor.has_value() && a.descriptor == b.descriptor) return true;
  if (a.exists != b.exists) return false;
  if (!a.exists) return !a.path.empty() && a.path == b.path;
  // A terminal may well be both ends.
  const bool keeps = S_ISREG(a.info.st_mode) || (S_ISFIFO(a.info.st_mode) && !a.descriptor);
  return keeps && a.info.st_dev == b.info.st_dev && a.info.st_ino == b.info.st_ino;
}

// Whoever reads it first leaves nothing for the second.
bool ReadableOnce(const Place& place) {
  return place.descriptor.has_value() || (place.exists && S_ISFIFO(place.info.st_mode));
}

std::vector<Place> PlacesOf(const std::vector<NamedFile>& files) {
  std::vector<Place> places;
  for (const NamedFile& file : files) {
    if (!file.path.empty()) places.push_back(PlaceOf(file));
  }
  return places;
}

absl::Status Clash(const Place& output, const Place& other, std::string_view what_it_is) {
  return absl::InvalidArgumentError(StrCat(output.named->source, " and ", other.named->source,
                                           ": the same file, ", DisplayName(output.named->path),
                                           ", ", what_it_is));
}

}  // namespace

void NamedFiles::AddModel(std::string_view source, const std::string& model) {
  for (std::string& path : ModelInputPaths(model)) {
    inputs.push_back({std::string(source), std::move(path)});
  }
}

absl::Status NamedFiles::CheckApart() const {
  const std::vector<Place> written = PlacesOf(outputs), read = PlacesOf(inputs);
  for (size_t i = 0; i < written.size(); ++i) {
    for (const Place& input : read) {
      if (Same(written[i], input)) return Clash(written[i], input, "would be overwritten");
    }
    for (size_t j = 0; j < i; ++j) {
      if (Same(written[i], written[j]))
        return Clash(written[i], written[j], "named for two outputs");
    }
  }
  for (size_t i = 0; i < read.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (ReadableOnce(read[i]) && Same(read[i], read[j])) {
        return Clash(read[i], read[j], "can be read only once");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace sotto
