// Whose work this process's processor time was.
#ifndef SOTTO_TOOLS_THREAD_CPU_H_
#define SOTTO_TOOLS_THREAD_CPU_H_

namespace sotto {

// Processor seconds since the process began.
struct ThreadCpu {
  double total = 0;    // All threads, also those that have ended (getrusage).
  double engine = 0;   // Threads made by this program; libraries name theirs.
  double offline = 0;  // The pad factory's.

  double online() const { return total - offline; }
  double channel() const { return total - engine - offline; }  // gRPC's own threads: TLS, sockets.
};

// Where the system does not tell threads apart, all is the engine's.
ThreadCpu ReadThreadCpu();
ThreadCpu operator-(const ThreadCpu& later, const ThreadCpu& earlier);

}  // namespace sotto

#endif  // SOTTO_TOOLS_THREAD_CPU_H_
