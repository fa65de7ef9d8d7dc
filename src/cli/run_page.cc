#include "cli/run_page.h"

#include <string_view>

#include "export/history_json.h"
#include "web/pages/assets.h"

namespace lossd::cli {
namespace {

void Replace(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

/// Takes out everything from `begin` to `end`, wherever it is.
void Cut(std::string& text, std::string_view begin, std::string_view end) {
  for (std::size_t from = 0; (from = text.find(begin, from)) != std::string::npos;) {
    const std::size_t to = text.find(end, from);
    text.erase(from, to == std::string::npos ? to : to + end.size() - from);
  }
}

std::string_view File(std::string_view name) {
  const web::Asset* asset = web::FindAsset(name);
  return asset == nullptr ? "" : asset->content;
}

std::string RunsJson(const core::JobTable& jobs) {
  std::string runs = "{\"jobs\":[";
  bool first = true;
  for (const auto& [name, job] : jobs.jobs()) {
    exporter::HistoryQuery query;
    for (const auto& [loss, tracker] : job.series) query.losses.push_back(loss);
    if (query.losses.empty()) continue;
    if (!first) runs += ',';
    first = false;
    runs += exporter::HistoryJson(job, query, job.last_sample.wall);
  }
  runs += "]}";
  Replace(runs, "<", "\\u003c");  // stands in strings only, where it could end the element
  return runs;
}

}  // namespace

std::string RunPage(const core::JobTable& jobs) {
  std::string page(File("job.html"));
  Cut(page, "<!-- online -->", "<!-- /online -->");
  Cut(page, "<script defer", "</script>\n");
  Cut(page, "<link ", ">\n");
  Replace(page, " data-events=\"/api/v1/events\"", "");
  const std::string head =
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
      "style-src 'unsafe-inline'; img-src data: blob:\">\n<style>\n" +
      std::string(File("lossd.css")) + "</style>\n</head>";
  Replace(page, "</head>", head);
  std::string body = "<script type=\"application/json\" id=\"embedded\">" + RunsJson(jobs) + "</script>\n";
  for (const std::string_view name : {"dygraph.js", "lossd.js", "run.js", "chart.js", "job.js"}) {
    body.append("<script>\n").append(File(name)).append("\n</script>\n");
  }
  const std::size_t end = page.rfind("</body>");
  page.insert(end == std::string::npos ? page.size() : end, body);
  return page;
}

}  // namespace lossd::cli
