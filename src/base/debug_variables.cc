#include "base/debug_variables.h"

#include <cstdlib>
#include <initializer_list>

namespace sotto {

void RemoveDebugVariables() {
  // oneDNN reads each under its older name, too.
  for (const char* name :
       {"ONEDNN_JIT_DUMP", "DNNL_JIT_DUMP", "ONEDNN_JIT_PROFILE", "DNNL_JIT_PROFILE",
        "ONEDNN_VERBOSE", "DNNL_VERBOSE", "ONEDNN_VERBOSE_TIMESTAMP", "DNNL_VERBOSE_TIMESTAMP"}) {
    unsetenv(name);
  }
}

}  // namespace sotto
