#include "cli/top/top.h"

#include <ncurses.h>
#include <unistd.h>

#include <chrono>
#include <clocale>
#include <cstdlib>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "cli/local_server.h"
#include "cli/top/built_in_terminals.h"
#include "cli/top/fetch.h"
#include "cli/top/growing_logs.h"
#include "cli/top/top_screen.h"

namespace lossd::cli {
namespace {

constexpr std::chrono::milliseconds kRefresh{1000}, kTimeout{3000};
constexpr int kKeyWait = 200;  // milliseconds

core::Instant Now() { return {std::chrono::steady_clock::now().time_since_epoch(), std::chrono::system_clock::now()}; }

/// Everything but the unreserved characters as %XX.
std::string Encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      ((encoded += '%') += kHex[byte / 16]) += kHex[byte % 16];
    }
  }
  return encoded;
}

TopSource ApiOf(const Server& server) {
  TopSource source;
  source.name = server.url.Text();
  source.overview = [server](const exporter::OverviewQuery& query) {
    return Fetch(server,
                 "/api/v1/overview?sort=" + std::string(exporter::Name(query.order)) +
                     (query.descending ? "&order=desc" : "") + "&q=" + Encoded(query.text) +
                     "&offset=" + std::to_string(query.offset) + "&limit=" + std::to_string(query.limit),
                 kTimeout);
  };
  source.run = [server](const std::string& job, const std::string& loss) {
    // Without a loss the answer may begin with the evaluation's: the main one is asked for by its name.
    const std::string target = "/api/v1/jobs/" + Encoded(job) + "/history";
    return Fetch(server, loss.empty() ? target + "?main=1" : target + "?loss=" + Encoded(loss), kTimeout);
  };
  return source;
}

TopSource LogsOf(GrowingLogs& logs, std::string name) {
  TopSource source;
  source.name = std::move(name);
  source.overview = [&logs](const exporter::OverviewQuery& query) {
    logs.Read(Now());
    return Fetched{logs.Overview(query, Now()), ""};
  };
  source.run = [&logs](const std::string& job, const std::string& loss) {
    logs.Read(Now());
    return logs.Run(job, loss, Now());
  };
  return source;
}

/// Nothing where the places are no one address.
std::optional<Server> ServerOf(const TopOptions& options) {
  if (options.places.size() > 1) return std::nullopt;
  if (!options.places.empty()) return ParseServer(options.places.front());
  Server server{.url = LocalServer(options.listen_address, options.web_tls), .username = "", .password = ""};
  server.url.target.clear();
  return server;
}

/// Where the system has no description of the terminal, by one of our own; null where that is none either.
SCREEN* OpenTerminal() {
  if (SCREEN* terminal = newterm(nullptr, stdout, stdin)) return terminal;
  const char* term = std::getenv("TERM");
  const BuiltInTerminal* built_in = term == nullptr ? nullptr : FindBuiltInTerminal(term);
  if (built_in == nullptr) return nullptr;
  ::setenv("TERMINFO", built_in->description, 1);
  return newterm(std::string(built_in->name).c_str(), stdout, stdin);
}

bool IsAddress(const std::string& place) { return place.find("://") != std::string::npos; }

}  // namespace

int RunTop(const TopOptions& options, std::ostream& err) {
  std::optional<GrowingLogs> logs;
  TopSource source;
  if (options.places.empty() || IsAddress(options.places.front())) {
    const std::optional<Server> server = ServerOf(options);
    if (!server) {
      err << "lossd: \"top\" wants one address like http://HOST:PORT, or logs\n";
      return 1;
    }
    source = ApiOf(*server);
    const Fetched first = source.overview({});
    if (!first.error.empty()) {
      err << "lossd: " << source.name << ": " << first.error
          << "\nNo lossd is running there; \"lossd top FILE...\" reads logs without one.\n";
      return 1;
    }
  } else {
    for (const std::string& path : options.places) {
      if (::access(path.c_str(), R_OK) != 0) err << "lossd: " << path << ": cannot be read yet\n";
    }
    logs.emplace(options.places, options.config);
    source = LogsOf(
        *logs, options.places.size() == 1 ? options.places.front() : std::to_string(options.places.size()) + " logs");
  }
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    err << "lossd: \"top\" needs a terminal; \"lossd replay\" writes text\n";
    return 1;
  }

  std::setlocale(LC_ALL, "");
  SCREEN* terminal = OpenTerminal();
  if (terminal == nullptr) {
    const char* term = std::getenv("TERM");
    err << "lossd: \"top\" cannot draw on this terminal (TERM=" << (term == nullptr ? "" : term)
        << "); TERM=vt100 may do, and \"lossd replay\" writes text\n";
    return 1;
  }
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  set_escdelay(25);
  curs_set(0);
  timeout(kKeyWait);
  {
    TopScreen screen(std::move(source), options.charset);
    auto refreshed = std::chrono::steady_clock::time_point::min();
    bool go_on = true;
    while (go_on) {
      if (std::chrono::steady_clock::now() > refreshed + kRefresh) {
        screen.Refresh();
        refreshed = std::chrono::steady_clock::now();
      }
      screen.Draw();
      const int key = getch();
      if (key != ERR) go_on = screen.Press(key);
    }
  }
  endwin();
  delscreen(terminal);
  return 0;
}

}  // namespace lossd::cli
