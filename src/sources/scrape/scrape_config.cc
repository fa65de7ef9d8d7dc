#include "sources/scrape/scrape_config.h"

#include <chrono>
#include <string>

#include "config/yaml/http_client_section.h"
#include "config/yaml/yaml_section.h"

namespace lossd::sources {

void ReadScrape(config::YamlSection& item, ScrapeOptions& options) {
  std::string url = "http://localhost:8000/metrics";
  item.Text("url", url, [](const std::string& text) {
    return http::ParseUrl(text) ? "" : "not an address of the form http://host:port/path, without a user";
  });
  if (const auto parsed = http::ParseUrl(url)) options.url = *parsed;
  item.Text("training_job", options.job);
  item.Map("labels", options.labels, config::CheckAddedLabel);
  item.Time("interval", options.interval, std::chrono::seconds(1), std::chrono::hours(1));
  item.Section("keys", [&](config::YamlSection& keys) {
    keys.Text("loss", options.reader.loss_key);
    keys.Text("eval_loss", options.reader.eval_loss_key);
    keys.Text("step", options.reader.step_key);
    keys.Text("epoch", options.reader.epoch_key);
    keys.Text("lr", options.reader.learning_rate_key);
    keys.Text("grad_norm", options.reader.gradient_norm_key);
  });
  config::ReadHttpClient(item, options.client);
}

}  // namespace lossd::sources
