#include "web/landing_page.h"

#include "export/exposition.h"
#include "text/utf8_text.h"

namespace lossd::web {
namespace {

constexpr std::string_view kHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>lossd</title>\n<style>\n"
    "body{font-family:sans-serif;margin:2em;max-width:70em}\ntable{border-collapse:collapse}\n"
    "th,td{padding:.3em .8em;border-bottom:1px solid #ccc;text-align:left}\ntd.number{text-align:right}\n"
    "</style>\n</head>\n<body>\n<h1>lossd</h1>\n<p>Loss dynamics of training jobs, version ";

/// Text for an element or a quoted attribute.
std::string Html(std::string_view text) {
  std::string escaped;
  for (const char c : text::ToUtf8(text)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// One segment of a path: everything but the unreserved characters as %XX.
std::string PathSegment(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string segment;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter || c == '-' || c == '_' || c == '~' || (c == '.' && text != "." && text != "..")) {
      segment += c;
    } else {
      ((segment += '%') += kHex[byte / 16]) += kHex[byte % 16];
    }
  }
  return segment;
}

void AppendLink(std::string& page, std::string_view path, std::string_view text) {
  page.append("<li><a href=\"").append(Html(path)).append("\">").append(Html(text)).append("</a></li>\n");
}

template <typename Number>
void AppendNumberCell(std::string& page, const std::optional<Number>& number) {
  page += "<td class=\"number\">";
  if (number) exporter::AppendNumber(page, *number);
  page += "</td>";
}

}  // namespace

std::string LandingPage(const core::JobTable& jobs, std::string_view version, std::string_view telemetry_path) {
  std::string page(kHead);
  page.append(Html(version)).append("</p>\n<ul>\n");
  AppendLink(page, telemetry_path, "Metrics");
  AppendLink(page, "/api/v1/jobs", "Jobs (JSON)");
  AppendLink(page, "/-/healthy", "Health");
  AppendLink(page, "/-/ready", "Readiness");
  page += "</ul>\n";
  if (jobs.jobs().empty()) {
    page += "<p>No training job yet.</p>\n";
  } else {
    page +=
        "<table>\n<tr><th>Training job</th><th>Loss</th><th>Regime</th><th>Step</th><th>Last "
        "loss</th><th>Samples</th></tr>\n";
    for (const auto& [name, job] : jobs.jobs()) {
      for (const auto& [loss, tracker] : job.series) {
        const core::SeriesSnapshot series = tracker.Snapshot();
        page.append("<tr><td><a href=\"/api/v1/jobs/").append(PathSegment(name)).append("\">").append(Html(name));
        page.append("</a></td><td>")
            .append(Html(loss))
            .append("</td><td title=\"")
            .append(Html(series.why))
            .append("\">");
        page.append(core::Name(series.regime)).append("</td>");
        AppendNumberCell(page, series.last_step);
        AppendNumberCell(page, series.loss);
        AppendNumberCell(page, std::optional(series.samples));
        page += "</tr>\n";
      }
    }
    page += "</table>\n";
  }
  return page += "</body>\n</html>\n";
}

}  // namespace lossd::web
