// Processor time that others took while something was measured. One other busy thread makes a
// measurement that uses every processor several times slower: such a measurement is worthless.
#ifndef SOTTO_TOOLS_FOREIGN_CPU_H_
#define SOTTO_TOOLS_FOREIGN_CPU_H_

#include <optional>
#include <string_view>

namespace sotto {

// Clock ticks in which any processor was not idle, from the text of /proc/stat; none when that is
// not what it should be.
std::optional<double> ParseBusyTicks(std::string_view proc_stat);

class ForeignCpuMeter {
 public:
  // Starts now.
  ForeignCpuMeter();

  // Seconds of processor time taken by anybody but this process since the start; none where the
  // system does not tell.
  std::optional<double> seconds() const;
  // Whether that is more than the clock's resolution and 2 % of what all processors had to give.
  bool disturbed() const;

 private:
  std::optional<double> busy_;
  double own_, wall_;
};

// Processor time of this process so far, all threads, user and system.
double OwnCpuSeconds();

}  // namespace sotto

#endif  // SOTTO_TOOLS_FOREIGN_CPU_H_
