// What Python hands to the compiled core: plain pointers, sizes and numbers, all checked in
// arrays.h before they get here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace clearprop {

// A name's place is its number in the core; src/clearprop/equations has the formulas.
constexpr const char *activation_names[] = {"identity",   "sigmoid", "tanh", "relu",
                                            "leaky_relu", "elu",     "selu", "softplus",
                                            "gelu",       "silu",    "mish", "softmax"};
constexpr const char *loss_names[] = {"mean_squared_error",   "half_squared_error",
                                      "mean_absolute_error",  "huber",
                                      "binary_cross_entropy", "categorical_cross_entropy"};
// A rule's name, what it remembers of each weight, and how many numbers it reads of each step.
struct RuleShape {
    const char *name;
    int slots, coefficients;
};
constexpr RuleShape rules[] = {{"sgd", 0, 1},     {"momentum", 1, 2}, {"nesterov", 1, 2},
                               {"adagrad", 1, 2}, {"adadelta", 2, 4}, {"rmsprop", 1, 4},
                               {"adam", 2, 8},    {"schedule_free", 3, 7}};
constexpr const char *clip_names[] = {"none", "norm", "value"};
constexpr int sigmoid = 1, relu = 3, softmax = 11, binary_cross_entropy = 4,
              categorical_cross_entropy = 5;
constexpr int clip_norm = 1, clip_value = 2;
constexpr int most_layers = 256, n_penalties = 3, coefficients_at_most = 8, slots_at_most = 3;

struct Plan {
    int n_layers;                // layers with parameters
    int sizes[most_layers + 1];  // inputs, neurons of each layer
    int activations[most_layers];
    int loss, rule, n_slots, n_coefficients;
    int clip;
    double limit;  // of the clipping
    int batch_size;
    bool scores_hits;  // accuracy, otherwise squared errors
    bool drops;        // some member silences some of its neurons
    bool many;         // a register holds many networks, not neurons of one
};

// Numbers by member and step: value(i, s) = at[i · member + s · step].
struct Table {
    const double *at;
    ptrdiff_t member, step;
    double operator()(int64_t i, int64_t s) const { return at[i * member + s * step]; }
};

template <class T>
struct Samples {
    const T *X, *y, *weights;  // (n, n_in), (n, n_out), (n,) or null
    int64_t n;
};

// Threads that work on one network together.
struct Team {
    int size = 1;
    int arrived = 0, phase = 0;  // of the barrier
};

template <class T>
struct Training {
    Plan plan;
    Samples<T> data;
    int64_t n_parameters, n_members;
    const int64_t *members;                // rows of everything below
    T *parameters, *slots[slots_at_most];  // (m, n_parameters)
    const int64_t *order;                  // order of member i: order + i · order_member
    ptrdiff_t order_member;
    int64_t first_batch, n_batches, first_step;  // first_step counts from 1
    Table coefficients[coefficients_at_most], decay, penalties[n_penalties], dropout;
    const uint64_t *seeds;
    bool any_penalty, any_decay;
    double *loss_sum;             // (m,), added to
    int64_t *seen, *failed_step;  // (m,); 0 where nothing failed
};

template <class T>
struct Evaluation {
    Plan plan;
    Samples<T> data;
    int64_t n_parameters, n_members;
    const T *parameters;       // (m, n_parameters)
    double *losses, *tallies;  // (m, blocks): sums over each block of samples
};
constexpr int evaluation_block = 128;

// The core as one instruction set has it. `unit` is the group of members to train together:
// members[first .. first + count), count 1 unless plan.many.
template <class T>
struct Functions {
    int lanes;
    size_t (*bytes)(const Plan &, int64_t rows, bool trains);
    void (*train)(const Training<T> &, int64_t first, int64_t count, void *memory, Team &, int me);
    // The blocks of samples from `block` on, each `stride`-th.
    void (*evaluate)(const Evaluation<T> &, int64_t first, int64_t count, void *memory,
                     int64_t block, int64_t stride);
};
struct Core {
    const char *name;
    Functions<float> in_float;
    Functions<double> in_double;
};

}  // namespace clearprop
