// Variables of the environment that would have libraries write what nobody asked for.
#ifndef SOTTO_BASE_DEBUG_VARIABLES_H_
#define SOTTO_BASE_DEBUG_VARIABLES_H_

namespace sotto {

// Removes from this process's environment the variables with which oneDNN writes generated code to
// files (ONEDNN_JIT_DUMP), profiles it, or prints what it computes. For programs, at their start:
// before oneDNN is used, and before there are threads.
void RemoveDebugVariables();

}  // namespace sotto

#endif  // SOTTO_BASE_DEBUG_VARIABLES_H_
