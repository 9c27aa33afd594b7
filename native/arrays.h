// From Python's objects to the contract: every shape, type and number is checked here.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
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
    Plan plan{};
    require(sizes.size() >= 2 && sizes.size() <= most_layers + 1, "sizes: 1 to 256 layers");
    require(activations.size() == sizes.size() - 1, "activations: one for each layer");
    require(loss >= 0 && loss < int(std::size(loss_names)), "loss: not a number of a loss");
    require(rule >= 0 && rule < int(std::size(rules)), "rule: not a number of a rule");
    require(clip >= 0 && clip < int(std::size(clip_names)), "clip: not a number of a clipping");
    require(batch_size >= 1 && batch_size < (1 << 30), "batch_size: 1 to 2^30");
    plan.n_layers = int(activations.size());
    double parameters = 0;
    for (size_t i = 0; i < sizes.size(); i++) {
        require(sizes[i] >= 1 && sizes[i] < (1 << 28), "sizes: 1 to 2^28 neurons");
        plan.sizes[i] = int(sizes[i]);
        require(double(sizes[i]) * double(batch_size) < double(1 << 30),
                "batch_size: less than 2^30 values in a layer of the batch");
        if (i) parameters += double(sizes[i - 1] + 1) * double(sizes[i]);
    }
    require(parameters < double(1 << 30), "sizes: at most 2^30 parameters");
    for (int i = 0; i < plan.n_layers; i++) {
        const int a = activations[size_t(i)];
        require(a >= 0 && a <= softmax, "activations: not a number of an activation");
        require(a != softmax || i + 1 == plan.n_layers, "softmax belongs to the last layer");
        plan.activations[i] = a;
    }
    const int output = plan.activations[plan.n_layers - 1];
    require(loss != binary_cross_entropy || output == sigmoid,
            "binary cross-entropy needs sigmoid");
    require(loss != categorical_cross_entropy || output == softmax, "the loss needs softmax");
    plan.loss = loss, plan.rule = rule, plan.clip = clip, plan.limit = limit;
    plan.n_slots = rules[rule].slots, plan.n_coefficients = rules[rule].coefficients;
    plan.batch_size = int(batch_size), plan.scores_hits = scores_hits;
    plan.drops = drops, plan.many = many;
    return plan;
}

template <class T>
using Dense = py::array_t<T, py::array::c_style>;

// The array as it is: nothing is converted or copied.
template <class T, class Array = Dense<T>>
Array exact(const py::object &object, const char *name) {
    if (!py::isinstance<Array>(object) ||
        reinterpret_cast<uintptr_t>(py::reinterpret_borrow<Array>(object).data()) % alignof(T))
        throw py::value_error(std::string(name) + ": must be an aligned array of " +
                              py::format_descriptor<T>::format() + ", contiguous; got " +
                              std::string(py::str(py::type::of(object))));
    return py::reinterpret_borrow<Array>(object);
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

// A float64 array (m, steps) of any strides; an axis of length 1 serves all members, or all steps.
inline Table make_table(const py::object &object, int64_t m, int64_t steps, const char *name) {
    const auto array = exact<double, py::array_t<double>>(object, name);
    require(array.ndim() == 2, "tables: (m, steps)");
    const auto fits = [&](int axis, int64_t n) {
        return array.shape(axis) == n || array.shape(axis) == 1;
    };
    if (!fits(0, m) || !fits(1, steps) || array.strides(0) % 8 || array.strides(1) % 8)
        throw py::value_error(std::string(name) + ": its shape does not fit");
    const auto stride = [&](int axis) {
        return array.shape(axis) > 1 ? array.strides(axis) / 8 : 0;
    };
    return {array.data(), stride(0), stride(1)};
}

// ---- a training, part by part ----------------------------------------------------------------

// The arrays and numbers of one call, by name.
class Numbers {
  public:
    explicit Numbers(const py::kwargs &given) : given_(given) {}
    py::object operator[](const char *name) const {
        if (!given_.contains(name)) throw py::value_error(std::string(name) + ": it is missing");
        return given_[name];
    }
    std::vector<py::object> list(const char *name) const {
        return (*this)[name].cast<std::vector<py::object>>();
    }
    int64_t number(const char *name, int64_t least, int64_t most) const {
        const int64_t value = (*this)[name].cast<int64_t>();
        if (value < least || value > most)
            throw py::value_error(std::string(name) + ": must be " + std::to_string(least) +
                                  " to " + std::to_string(most) + "; got " + std::to_string(value));
        return value;
    }
    template <class X>
    X *writable(const char *name, const std::vector<int64_t> &shape) const {
        Dense<X> array = exact<X>((*this)[name], name);
        require_shape(array, shape, name);
        return array.mutable_data();  // raises where the array is read-only
    }

  private:
    py::kwargs given_;
};

template <class T>
int64_t take_state(Training<T> &call, const Numbers &numbers) {
    const Plan &plan = call.plan;
    for (int l = 0; l < plan.n_layers; l++)
        call.n_parameters += int64_t(plan.sizes[l] + 1) * plan.sizes[l + 1];
    Dense<T> parameters = exact<T>(numbers["parameters"], "parameters");
    require(parameters.ndim() == 2, "parameters: (m, p)");
    const int64_t m = parameters.shape(0);
    call.parameters = numbers.writable<T>("parameters", {m, call.n_parameters});
    const auto slots = numbers.list("slots");
    require(int(slots.size()) == plan.n_slots, "slots: as many as the rule has");
    for (int s = 0; s < plan.n_slots; s++) {
        Dense<T> slot = exact<T>(slots[size_t(s)], "slots");
        require_shape(slot, {m, call.n_parameters}, "slots");
        call.slots[s] = slot.mutable_data();
    }
    call.loss_sum = numbers.writable<double>("loss_sum", {m});
    call.seen = numbers.writable<int64_t>("seen", {m});
    call.failed_step = numbers.writable<int64_t>("failed_step", {m});
    return m;
}

template <class T>
void take_members(Training<T> &call, const Numbers &numbers, int64_t m) {
    const Dense<int64_t> members = exact<int64_t>(numbers["members"], "members");
    require(members.ndim() == 1 && members.shape(0) >= 1, "members: at least one");
    call.members = members.data(), call.n_members = members.shape(0);
    std::vector<bool> taken(size_t(m), false);
    for (int64_t i = 0; i < call.n_members; i++) {
        const int64_t member = call.members[i];
        require(member >= 0 && member < m && !taken[size_t(member)],
                "members: each once, 0 to m-1");
        taken[size_t(member)] = true;
    }
}

// Which batches, and the rows in them: only these are looked at.
template <class T>
void take_batches(Training<T> &call, const Numbers &numbers, int64_t m) {
    const int64_t n = call.data.n, b = call.plan.batch_size, batches = (n + b - 1) / b;
    call.first_batch = numbers.number("first_batch", 0, batches - 1);
    call.n_batches = numbers.number("n_batches", 1, batches - call.first_batch);
    call.first_step = numbers.number("first_step", 1, int64_t(1) << 62);
    const auto order = exact<int64_t, py::array_t<int64_t>>(numbers["order"], "order");
    require_shape(order, {m, n}, "order");
    require((n == 1 || order.strides(1) == 8) && (m == 1 || order.strides(0) % 8 == 0),
            "order: each member's rows side by side");
    call.order = order.data();
    call.order_member = m > 1 ? order.strides(0) / 8 : 0;
    const int64_t end = std::min(n, (call.first_batch + call.n_batches) * b);
    for (int64_t i = 0; i < (call.order_member ? m : 1); i++)
        for (int64_t k = call.first_batch * b; k < end; k++) {
            const int64_t row = call.order[i * call.order_member + k];
            require(row >= 0 && row < n, "order: rows of the data");
        }
}

template <class T>
void take_tables(Training<T> &call, const Numbers &numbers, int64_t m) {
    static const double zero = 0;
    const Plan &plan = call.plan;
    const auto coefficients = numbers.list("coefficients"), penalties = numbers.list("penalties");
    require(int(coefficients.size()) == plan.n_coefficients, "coefficients: as the rule has");
    for (int c = 0; c < plan.n_coefficients; c++)
        call.coefficients[c] =
            make_table(coefficients[size_t(c)], m, call.n_batches, "coefficients");
    call.any_decay = !numbers["decay"].is_none();
    if (call.any_decay) call.decay = make_table(numbers["decay"], m, call.n_batches, "decay");
    require(penalties.size() == n_penalties, "penalties: three strengths, or None");
    for (int p = 0; p < n_penalties; p++) {
        const py::object &strength = penalties[size_t(p)];
        call.any_penalty |= !strength.is_none();
        call.penalties[p] =
            strength.is_none() ? Table{&zero, 0, 0} : make_table(strength, m, 1, "penalties");
    }
}

template <class T>
void take_dropout(Training<T> &call, const Numbers &numbers, int64_t m) {
    call.dropout = make_table(numbers["dropout"], m, call.plan.n_layers, "dropout");
    for (int64_t i = 0; i < m; i++)
        for (int l = 0; l < call.plan.n_layers; l++) {
            const double rate = call.dropout(i, l);
            require(rate == 0 || (call.plan.drops && rate > 0 && rate < 1),
                    "dropout: in [0, 1), and 0 where the plan drops nothing");
        }
    const Dense<uint64_t> seeds = exact<uint64_t>(numbers["seeds"], "seeds");
    require_shape(seeds, {m}, "seeds");
    call.seeds = seeds.data();
}

// The arrays stay alive in the caller's arguments for as long as the call lasts.
template <class T>
Training<T> make_training(const Plan &plan, const Numbers &numbers) {
    Training<T> call{};
    call.plan = plan;
    call.data = make_samples<T>(plan, numbers["X"], numbers["y"], numbers["weights"]);
    const int64_t m = take_state(call, numbers);
    take_members(call, numbers, m);
    take_batches(call, numbers, m);
    take_tables(call, numbers, m);
    take_dropout(call, numbers, m);
    return call;
}

}  // namespace clearprop
