#include "demo/mlp.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace lossd::demo {

Mlp::Mlp(std::vector<std::size_t> widths, std::mt19937_64& random) {
  std::size_t offset = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::size_t inputs = widths[i], outputs = widths[i + 1];
    layers_.push_back({inputs, outputs, offset, offset + inputs * outputs});
    offset += (inputs + 1) * outputs;
  }
  parameters_.assign(offset, 0.0);
  gradient_.assign(offset, 0.0);
  for (const Layer& layer : layers_) {
    const double limit = std::sqrt(6.0 / static_cast<double>(layer.inputs + layer.outputs));
    std::uniform_real_distribution<double> uniform(-limit, limit);
    for (std::size_t i = layer.weights; i < layer.biases; ++i) parameters_[i] = uniform(random);
  }
}

void Mlp::Forward(std::span<const double> input, std::vector<std::vector<double>>& activations) const {
  activations.resize(layers_.size() + 1);
  activations[0].assign(input.begin(), input.end());
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    const std::vector<double>& in = activations[l];
    std::vector<double>& out = activations[l + 1];
    out.assign(layer.outputs, 0.0);
    for (std::size_t o = 0; o < layer.outputs; ++o) {
      double sum = parameters_[layer.biases + o];
      for (std::size_t i = 0; i < layer.inputs; ++i) sum += parameters_[layer.weights + o * layer.inputs + i] * in[i];
      out[o] = l + 1 < layers_.size() ? std::tanh(sum) : sum;
    }
  }
  std::vector<double>& logits = activations.back();
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double logit : logits) sum += std::exp(logit - highest);
  for (double& logit : logits) logit -= highest + std::log(sum);
}

double Mlp::Loss(const Batch& batch) const {
  std::vector<std::vector<double>> activations;
  double loss = 0;
  for (std::size_t n = 0; n < batch.size(); ++n) {
    Forward(std::span(batch.inputs).subspan(n * batch.width, batch.width), activations);
    loss -= activations.back()[batch.classes[n]];
  }
  return loss / static_cast<double>(batch.size());
}

double Mlp::LossAndGradient(const Batch& batch) {
  std::fill(gradient_.begin(), gradient_.end(), 0.0);
  const double scale = 1.0 / static_cast<double>(batch.size());
  std::vector<std::vector<double>> activations;
  std::vector<double> delta, below;
  double loss = 0;
  for (std::size_t n = 0; n < batch.size(); ++n) {
    Forward(std::span(batch.inputs).subspan(n * batch.width, batch.width), activations);
    loss -= activations.back()[batch.classes[n]];
    delta.clear();
    for (const double log_probability : activations.back()) delta.push_back(std::exp(log_probability));
    delta[batch.classes[n]] -= 1;
    for (std::size_t l = layers_.size(); l-- > 0;) {
      const Layer& layer = layers_[l];
      const std::vector<double>& in = activations[l];
      below.assign(layer.inputs, 0.0);
      for (std::size_t o = 0; o < layer.outputs; ++o) {
        gradient_[layer.biases + o] += scale * delta[o];
        for (std::size_t i = 0; i < layer.inputs; ++i) {
          const std::size_t weight = layer.weights + o * layer.inputs + i;
          gradient_[weight] += scale * delta[o] * in[i];
          below[i] += parameters_[weight] * delta[o];
        }
      }
      for (std::size_t i = 0; i < layer.inputs; ++i) below[i] *= 1 - in[i] * in[i];  // tanh', by its value
      std::swap(delta, below);
    }
  }
  return loss * scale;
}

}  // namespace lossd::demo
