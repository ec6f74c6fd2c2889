// Files without a name: nothing of them outlives the process, however that ends.
#ifndef SOTTO_BASE_UNNAMED_FILE_H_
#define SOTTO_BASE_UNNAMED_FILE_H_

#include <string>

namespace sotto {

// A new file (mode 0600) in the file system of `directory`, open for reading and writing, that
// LinkUnnamedFile() can name. -1 where the system has none such.
int OpenUnnamedFile(const std::string& directory);

// Gives it a name that no file has: false, with errno, on failure.
bool LinkUnnamedFile(int fd, const std::string& name);

}  // namespace sotto

#endif  // SOTTO_BASE_UNNAMED_FILE_H_
