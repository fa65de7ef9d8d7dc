#include "demo/advice_client.h"

#include <simdjson.h>

#include <boost/asio/ip/tcp.hpp>
#include <iterator>
#include <thread>

namespace lossd::demo {
namespace {

constexpr auto kTimeout = std::chrono::seconds(2);
constexpr auto kBetweenQuestions = std::chrono::milliseconds(2);
constexpr int kNoSuchJob = 404;  // lossd has not read the first line of our log yet

struct Answer {
  int status = 0;  ///< 0: none came
  std::string body;
};

Answer Get(const std::string& host, const std::string& port, const std::string& path) {
  boost::asio::ip::tcp::iostream stream;
  stream.expires_after(kTimeout);
  stream.connect(host, port);
  stream << "GET " << path << " HTTP/1.1\r\nHost: " << host << ':' << port << "\r\nConnection: close\r\n\r\n"
         << std::flush;
  Answer answer;
  std::string word, line;
  stream >> word >> answer.status;
  while (std::getline(stream, line) && line != "\r") {
  }
  answer.body.assign(std::istreambuf_iterator<char>(stream), {});
  return answer;
}

std::optional<LrAdvice> ParseAdvice(const std::string& body) {
  simdjson::dom::parser parser;
  simdjson::dom::element answer;
  LrAdvice advice;
  std::string_view reason;
  if (parser.parse(body).get(answer) || answer["ratio"].get(advice.ratio) || answer["reason"].get(reason)) {
    return std::nullopt;
  }
  advice.reason = reason;
  std::int64_t step = 0;
  if (!answer["step"].get(step)) advice.step = step;
  if (!answer["checkpoint_before_step"].get(step)) advice.checkpoint_before_step = step;
  return advice;
}

}  // namespace

std::optional<AdviceClient> AdviceClient::Parse(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::size_t slash = url.find('/'), colon = url.find(':');
  if (slash == std::string_view::npos || colon == 0 || colon >= slash) return std::nullopt;
  AdviceClient client;
  client.host_ = url.substr(0, colon);
  client.port_ = url.substr(colon + 1, slash - colon - 1);
  client.path_ = url.substr(slash);
  return client;
}

std::optional<LrAdvice> AdviceClient::AskAbout(std::int64_t step, std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    const Answer answer = Get(host_, port_, path_);
    if (answer.status != 200 && answer.status != kNoSuchJob) return std::nullopt;
    const auto advice = answer.status == 200 ? ParseAdvice(answer.body) : std::nullopt;
    if (advice && advice->step == step) return advice;
    if (std::chrono::steady_clock::now() > deadline) return std::nullopt;
    std::this_thread::sleep_for(kBetweenQuestions);
  }
}

}  // namespace lossd::demo
