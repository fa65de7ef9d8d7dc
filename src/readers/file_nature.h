// What a file is that holds no text.
#pragma once

#include <string_view>

namespace lossd::readers {

/// What the first bytes of a file say it is, and what to do about it: "compressed by gzip: ...". "" where they may be
/// those of a text. Event files and the like, which have readers of their own, are not known here.
std::string_view NatureOf(std::string_view head);

}  // namespace lossd::readers
