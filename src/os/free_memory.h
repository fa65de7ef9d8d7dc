// What this process holds in memory and does not need.
#pragma once

#include <chrono>

namespace lossd::os {

/// To be called once, before the first large allocation: blocks of a megabyte and more go back to the system as soon as
/// they are freed, however many there were of them.
void ReturnLargeBlocksAtOnce();

/// Gives back to the system what is free, where that is much: tens of megabytes of small blocks that a flood has left.
/// To be called every second or so. To look for it is a walk over all free blocks, which holds up the thread (10 ms
/// where there are fifty thousand): it is done the more rarely the longer it takes.
class HeapTrimmer {
 public:
  void Tick();

 private:
  std::chrono::steady_clock::time_point next_look_{};
};

/// Lets go of the pages of the program and its libraries that are mapped here: code and constants, most of which only
/// the start needs. Those that are needed again come back from the page cache when they are, which takes some
/// microseconds each; nothing that was ever written is among them.
void UnmapUnusedCode();

}  // namespace lossd::os
