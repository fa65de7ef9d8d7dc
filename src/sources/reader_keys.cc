#include "sources/reader_keys.h"

namespace lossd::sources {

void ReadKeys(config::YamlSection& section, records::ReaderOptions& reader) {
  section.Section("keys", [&reader](config::YamlSection& keys) {
    keys.Text("loss", reader.loss_key);
    keys.Text("eval_loss", reader.eval_loss_key);
    keys.Text("step", reader.step_key);
    keys.Text("epoch", reader.epoch_key);
    keys.Text("lr", reader.learning_rate_key);
    keys.Text("grad_norm", reader.gradient_norm_key);
    keys.Texts("metrics", reader.metric_keys);
  });
}

}  // namespace lossd::sources
