// A multilayer perceptron with tanh hidden layers and a softmax output, trained by backpropagation: small, but the real
// thing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace lossd::demo {

/// Points of the plane with their classes; `inputs` is row-major, `width` values a point.
struct Batch {
  std::size_t width = 0;
  std::vector<double> inputs;
  std::vector<std::size_t> classes;

  std::size_t size() const { return classes.size(); }
};

/// Not thread-safe. Copyable: a copy is a checkpoint.
class Mlp {
 public:
  /// `widths` are those of input, hidden layers and output (at least two). Weights start as Glorot's uniform, biases at
  /// 0.
  Mlp(std::vector<std::size_t> widths, std::mt19937_64& random);

  /// Mean cross-entropy of the batch in nats. NaN where an input or a weight is NaN; never clipped.
  double Loss(const Batch& batch) const;

  /// Like Loss, and fills gradient() with its derivatives.
  double LossAndGradient(const Batch& batch);

  /// Of the last LossAndGradient, in the order of parameters().
  std::span<const double> gradient() const { return gradient_; }
  std::span<double> parameters() { return parameters_; }

 private:
  struct Layer {
    std::size_t inputs, outputs;
    std::size_t weights, biases;  ///< offsets into parameters_
  };

  /// Activations of every layer for one point; the last one holds log-probabilities.
  void Forward(std::span<const double> input, std::vector<std::vector<double>>& activations) const;

  std::vector<Layer> layers_;
  std::vector<double> parameters_;
  std::vector<double> gradient_;
};

}  // namespace lossd::demo
