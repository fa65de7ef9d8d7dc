// The section `scrape` of the configuration.
#pragma once

#include "sources/scrape/scrape_source.h"

namespace lossd::sources {

/// One item of the list.
void ReadScrape(config::YamlSection& item, ScrapeOptions& options);

}  // namespace lossd::sources
