// Temporary files and directories that a killed process left: told from those in use by a lock,
// which ends with the process.
#ifndef SOTTO_BASE_STALE_TEMPORARIES_H_
#define SOTTO_BASE_STALE_TEMPORARIES_H_

#include <string>

namespace sotto {

// The pattern, for mkstemp(3), of temporary names beside `target`.
std::string TemporaryPattern(const std::string& target);

// Marks an open file or directory with the name `name` as in use, until its descriptor is closed.
// False when it was taken for stale, and removed, in the moment after it was made: make another.
// Where the file system has no locks nothing is marked, and nothing ever taken for stale.
bool MarkInUse(int fd, const std::string& name);

// Removes what has a temporary name beside `target`, is ours, and is not in use; a directory with
// the files in it. What cannot be removed stays.
void RemoveStaleTemporaries(const std::string& target);

}  // namespace sotto

#endif  // SOTTO_BASE_STALE_TEMPORARIES_H_
