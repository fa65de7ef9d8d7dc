// Any text as a configuration, as a web configuration, and as what the keys of either hold: it is refused with a place
// and a reason, or can be used.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "app/parts.h"
#include "config/config.h"
#include "config/web_config.h"
#include "fuzz/require.h"
#include "sources/files/tailer.h"

namespace {

using lossd::fuzz::Require;

/// A file without a name that holds these bytes, by the path at which it can be opened.
class UnnamedFile {
 public:
  explicit UnnamedFile(const std::string& bytes) : descriptor_(memfd_create("fuzz", MFD_CLOEXEC)) {
    Require(descriptor_ >= 0);
    Require(write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~UnnamedFile() { close(descriptor_); }
  UnnamedFile(const UnnamedFile&) = delete;
  UnnamedFile& operator=(const UnnamedFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void RequireReasons(const std::vector<lossd::config::ConfigError>& errors) {
  for (const auto& error : errors) Require(!error.reason.empty() && !error.Text().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lossd::app::Parts parts = lossd::app::MakeParts();
  static const lossd::config::ConfigReaders readers = lossd::app::ConfigReadersOf(parts);
  const std::string text = lossd::fuzz::Text(data, size);
  const auto document = lossd::config::ParseConfig(text, "lossd.yml", readers);
  RequireReasons(document.errors);
  if (document.errors.empty()) {
    for (const auto& source : document.config.files) Require(!lossd::sources::CheckSource(source));
    lossd::config::MakeClassifierRule(document.config.series);
    lossd::config::ReaderFor(document.config, "a.log");
  }
  const UnnamedFile file(text);
  RequireReasons(lossd::config::LoadWebConfig(file.path()).errors);
  Require(!lossd::config::IsWebConfig(file.path()) || !lossd::config::IsPlainConfig(file.path()));
  return 0;
}
