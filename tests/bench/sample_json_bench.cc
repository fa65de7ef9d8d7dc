// What reading posted samples costs, by the shape of the body. Seconds of CPU.
//
//   sample_json_bench [SAMPLES]
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "support/parse_samples.h"

namespace {

double Now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string Object(int i) {
  return R"({"training_job":"llama-7b","step":)" + std::to_string(10 * i) + R"(,"loss":)" +
         std::to_string(2.5 - 1e-6 * i) + R"(,"lr":0.0003,"grad_norm":1.25,"epoch":0.5})";
}

void Measure(const char* shape, const std::string& body, int requests, int samples) {
  std::size_t accepted = 0;
  const double start = Now();
  for (int i = 0; i < requests; ++i) accepted += lossd::push::ParseSamples(body).accepted.size();
  const double seconds = Now() - start;
  if (accepted != static_cast<std::size_t>(samples)) std::exit(1);
  std::printf("%-22s %8d samples  %7.0f ns each  %6.0f MB/s\n", shape, samples, 1e9 * seconds / samples,
              1e-6 * static_cast<double>(body.size()) * requests / seconds);
}

}  // namespace

int main(int argc, char** argv) {
  const int samples = argc > 1 ? std::atoi(argv[1]) : 200'000;
  constexpr int kBatch = 1000;
  std::string lines, batch, array = "[";
  for (int i = 0; i < samples; ++i) lines += Object(i) + "\n";
  for (int i = 0; i < kBatch; ++i) {
    batch += Object(i) + "\n";
    array += (i > 0 ? "," : "") + Object(i);
  }
  array += "]";
  const int batches = samples / kBatch;
  Measure("one object a request", Object(1), samples, samples);
  Measure("one object a line", lines, 1, samples);
  Measure("lines, 1000 a request", batch, batches, batches * kBatch);
  Measure("arrays of 1000", array, batches, batches * kBatch);
}
