// What the allocator holds after a peak.
#pragma once

namespace lossd::os {

/// To be called once, before the first large allocation: blocks of a megabyte and more go back to the system as soon as
/// they are freed, however many there were of them.
void ReturnLargeBlocksAtOnce();

/// Gives back to the system what is free, where that is much: tens of megabytes of small blocks that a flood has left.
/// Costs little where there is nothing to give.
void ReturnFreeMemory();

}  // namespace lossd::os
