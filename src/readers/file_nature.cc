#include "readers/file_nature.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lossd::readers {
namespace {

using std::string_view;

constexpr string_view kCompressed =
    "compressed, and its name does not end in .gz, by which gzip is known: decompress it, as with `zcat FILE | lossd "
    "explain -`";
constexpr string_view kCheckpoint = "a checkpoint or other data of a model, no log: name the log of its training";
constexpr string_view kTable = "a binary table, no log: export it as CSV";
constexpr string_view kDatabase = "a database of SQLite, no log: name the log, or have the tracker push (see inputs)";
constexpr string_view kOther = "a picture, a program or another binary file, no log";

struct Magic {
  string_view bytes;
  string_view nature;
};
using namespace std::string_view_literals;
constexpr std::array kMagics = {Magic{"\x1f\x8b"sv, kCompressed},
                                Magic{"\x28\xb5\x2f\xfd"sv, kCompressed},
                                Magic{"\xfd\x37zXZ"sv, kCompressed},
                                Magic{"BZh91AY"sv, kCompressed},
                                Magic{"\x04\x22\x4d\x18"sv, kCompressed},
                                Magic{"PK\x03\x04"sv, kCheckpoint},
                                Magic{"\x80\x02"sv, kCheckpoint},
                                Magic{"\x80\x03"sv, kCheckpoint},
                                Magic{"\x80\x04"sv, kCheckpoint},
                                Magic{"\x80\x05"sv, kCheckpoint},
                                Magic{"\x89HDF"sv, kCheckpoint},
                                Magic{"GGUF\x03"sv, kCheckpoint},
                                Magic{"\x93NUMPY"sv, kCheckpoint},
                                Magic{"PAR1"sv, kTable},
                                Magic{"ARROW1\0"sv, kTable},
                                Magic{"SQLite format 3\0"sv, kDatabase},
                                Magic{"\x7f"
                                      "ELF"sv,
                                      kOther},
                                Magic{"%PDF-"sv, kOther},
                                Magic{"\x89PNG"sv, kOther},
                                Magic{"\xff\xd8\xff"sv, kOther}};

/// The length of a header in eight bytes, then an object of JSON.
bool IsSafeTensors(string_view head) {
  constexpr std::size_t kLength = 8;
  return head.size() > kLength + 1 && head[kLength] == '{' && head[kLength + 1] == '"' &&
         head.substr(kLength - 3, 3) == string_view("\0\0\0", 3);
}

/// UTF-16, as PowerShell writes it.
bool IsWideText(string_view head) { return head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff"); }

/// Bytes that no text has, nor the controls of a terminal.
bool IsForeign(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x7F || (byte < 0x20 && (byte < 0x07 || byte > 0x0D) && byte != 0x1B);
}

}  // namespace

string_view NatureOf(string_view head) {
  constexpr std::size_t kLooked = 4096, kFewest = 16;
  // What a truncation has left at the front of a log that its writer goes on with.
  const std::size_t nuls = std::min(head.find_first_not_of('\0'), head.size());
  if (nuls > kFewest) head.remove_prefix(nuls);
  head = head.substr(0, kLooked);
  for (const Magic& magic : kMagics) {
    if (head.starts_with(magic.bytes)) return magic.nature;
  }
  if (IsSafeTensors(head)) return kCheckpoint;
  if (head.size() < kFewest || IsWideText(head)) return {};
  constexpr std::size_t kShare = 20;
  const auto foreign = static_cast<std::size_t>(std::ranges::count_if(head, IsForeign));
  if (foreign * kShare < head.size()) return {};
  return "not text, and of no form that is known: name the log of the training";
}

}  // namespace lossd::readers
