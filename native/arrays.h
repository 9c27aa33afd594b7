// From Python's objects to the contract: every shape, type and number is checked here.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <string>
#include <vector>

#include "contract.h"

namespace clearprop {

namespace py = pybind11;

inline void require(bool holds, const char *what) {
    if (!holds) throw py::value_error(what);
}

inline Plan make_plan(const std::vector<int64_t> &sizes, const std::vector<int> &activations,
                      int loss, int rule, int clip, double limit, int64_t batch_size,
                      bool scores_hits, bool drops, bool many) {
    constexpr int slots[] = {0, 1, 1, 1, 2, 1, 2}, coefficients[] = {1, 2, 2, 2, 4, 4, 8};
    Plan plan{};
    require(sizes.size() >= 2 && sizes.size() <= most_layers + 1, "sizes: 1 to 32 layers");
    require(activations.size() == sizes.size() - 1, "activations: one for each layer");
    require(loss >= 0 && loss < int(std::size(loss_names)), "loss: not a number of a loss");
    require(rule >= 0 && rule < int(std::size(rule_names)), "rule: not a number of a rule");
    require(clip >= 0 && clip < int(std::size(clip_names)), "clip: not a number of a clipping");
    require(batch_size >= 1 && batch_size < (1 << 30), "batch_size: 1 to 2^30");
    plan.n_layers = int(activations.size());
    double registers = 0;
    for (size_t i = 0; i < sizes.size(); i++) {
        require(sizes[i] >= 1 && sizes[i] < (1 << 28), "sizes: 1 to 2^28 neurons");
        plan.sizes[i] = int(sizes[i]);
        require(double(sizes[i]) * double(batch_size) < double(1u << 31),
                "batch_size: less than 2^31 values in a layer of the batch");
        if (i) registers += double(sizes[i - 1] + 1) * double(sizes[i]);
    }
    require(registers < double(1 << 30), "sizes: at most 2^30 parameters");
    for (int i = 0; i < plan.n_layers; i++) {
        const int a = activations[size_t(i)];
        require(a >= 0 && a <= softmax, "activations: not a number of an activation");
        require(a != softmax || i + 1 == plan.n_layers, "softmax belongs to the last layer");
        plan.activations[i] = a;
    }
    const int output = plan.activations[plan.n_layers - 1];
    require(loss != binary_cross_entropy || output == 1, "binary cross-entropy needs sigmoid");
    require(loss != categorical_cross_entropy || output == softmax, "the loss needs softmax");
    plan.loss = loss, plan.rule = rule, plan.clip = clip, plan.limit = limit;
    plan.n_slots = slots[rule], plan.n_coefficients = coefficients[rule];
    plan.batch_size = int(batch_size), plan.scores_hits = scores_hits;
    plan.drops = drops, plan.many = many;
    return plan;
}

template <class T>
using Dense = py::array_t<T, py::array::c_style>;

// The array as it is: nothing is converted or copied.
template <class T>
Dense<T> exact(const py::object &object, const char *name) {
    const std::string what = std::string(name) + ": a contiguous array of the network's numbers";
    if (!py::isinstance<Dense<T>>(object)) throw py::value_error(what);
    return py::reinterpret_borrow<Dense<T>>(object);
}

inline void require_shape(const py::array &array, std::vector<int64_t> shape, const char *name) {
    bool same = array.ndim() == py::ssize_t(shape.size());
    for (size_t i = 0; same && i < shape.size(); i++)
        same = array.shape(py::ssize_t(i)) == shape[i];
    if (!same) throw py::value_error(std::string(name) + ": its shape does not fit");
}

template <class T>
Samples<T> make_samples(const Plan &plan, const py::object &X, const py::object &y,
                        const py::object &weights) {
    const Dense<T> inputs = exact<T>(X, "X"), targets = exact<T>(y, "y");
    require(inputs.ndim() == 2, "X: (n, n_in)");
    const int64_t n = inputs.shape(0);
    require(n >= 1, "X: at least one sample");
    require_shape(inputs, {n, plan.sizes[0]}, "X");
    require_shape(targets, {n, plan.sizes[plan.n_layers]}, "y");
    Samples<T> samples{inputs.data(), targets.data(), nullptr, n};
    if (!weights.is_none()) {
        const Dense<T> each = exact<T>(weights, "weights");
        require_shape(each, {n}, "weights");
        samples.weights = each.data();
    }
    return samples;
}

// A float64 array (m, steps) of any strides, broadcast ones included.
inline Table make_table(const py::object &object, int64_t m, int64_t steps, const char *name) {
    if (!py::isinstance<py::array_t<double>>(object))
        throw py::value_error(std::string(name) + ": float64");
    const auto array = py::reinterpret_borrow<py::array_t<double>>(object);
    require_shape(array, {m, steps}, name);
    const auto stride = [&](int axis) {
        return array.shape(axis) > 1 ? array.strides(axis) / 8 : 0;
    };
    return {array.data(), stride(0), stride(1)};
}

}  // namespace clearprop
