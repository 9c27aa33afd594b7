// The door between Python and the core: chooses the instruction set and hands arrays on. Compiled
// for the oldest processor served; the cores are compiled for their own.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cmath>
#include <string>
#include <vector>

#include "arrays.h"
#include "threads.h"

using namespace clearprop;

#if defined(CLEARPROP_X86)
namespace clearprop_v2 {
extern const Core core;
}
namespace clearprop_v3 {
extern const Core core;
}
namespace clearprop_v4 {
extern const Core core;
}
#else
namespace clearprop_base {
extern const Core core;
}
#endif

namespace {

// The cores that this processor can run, the best first.
std::vector<const Core *> usable_cores() {
    std::vector<const Core *> cores;
#if defined(CLEARPROP_X86)
    __builtin_cpu_init();
    const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    if (v4) cores.push_back(&clearprop_v4::core);
    if (v3) cores.push_back(&clearprop_v3::core);
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt"))
        cores.push_back(&clearprop_v2::core);
#else
    cores.push_back(&clearprop_base::core);
#endif
    return cores;
}

const Core &core_named(const std::string &name) {
    for (const Core *core : usable_cores())
        if (name == core->name) return *core;
    throw py::value_error("this processor has no instruction set '" + name + "'");
}
template <class T>
const Functions<T> &functions(const Core &core) {
    if constexpr (sizeof(T) == 4) return core.in_float;
    else return core.in_double;
}

struct Numbers {  // arrays of one training, checked by `train_as`
    py::object X, y, weights, parameters;
    std::vector<py::object> slots, coefficients, penalties;
    py::object decay, dropout;
};

template <class T>
void train_as(const Core &core, const Plan &plan, Workspace &workspace, const Numbers &numbers,
              const Dense<int64_t> &members, const py::array_t<int64_t> &order, int64_t first_batch,
              int64_t n_batches, int64_t first_step, const Dense<uint64_t> &seeds,
              Dense<double> &loss_sum, Dense<int64_t> &outcome, int threads) {
    Training<T> call{};
    call.plan = plan;
    call.data = make_samples<T>(plan, numbers.X, numbers.y, numbers.weights);
    Dense<T> parameters = exact<T>(numbers.parameters, "parameters");
    require(parameters.ndim() == 2, "parameters: (m, p)");
    const int64_t m = parameters.shape(0);
    for (int l = 0; l < plan.n_layers; l++)
        call.n_parameters += int64_t(plan.sizes[l] + 1) * plan.sizes[l + 1];
    require_shape(parameters, {m, call.n_parameters}, "parameters");
    call.parameters = parameters.mutable_data();
    require(int(numbers.slots.size()) == plan.n_slots, "slots: as many as the rule has");
    for (int s = 0; s < plan.n_slots; s++) {
        Dense<T> slot = exact<T>(numbers.slots[size_t(s)], "slots");
        require_shape(slot, {m, call.n_parameters}, "slots");
        call.slots[s] = slot.mutable_data();
    }

    require(members.ndim() == 1 && members.shape(0) >= 1, "members: at least one");
    call.members = members.data(), call.n_members = members.shape(0);
    std::vector<bool> taken(size_t(m), false);
    for (int64_t i = 0; i < call.n_members; i++) {
        const int64_t member = call.members[i];
        require(member >= 0 && member < m && !taken[size_t(member)],
                "members: each once, 0 to m-1");
        taken[size_t(member)] = true;
    }
    const int64_t n = call.data.n;
    require_shape(order, {m, n}, "order");
    require(n == 1 || order.strides(1) == sizeof(int64_t),
            "order: each member's rows side by side");
    call.order = order.data();
    call.order_member = m > 1 ? order.strides(0) / py::ssize_t(sizeof(int64_t)) : 0;
    for (int64_t i = 0; i < (call.order_member ? m : 1); i++)
        for (int64_t k = 0; k < n; k++) {
            const int64_t row = call.order[i * call.order_member + k];
            require(row >= 0 && row < n, "order: rows of the data");
        }
    const int64_t batches = (n + plan.batch_size - 1) / plan.batch_size;
    require(first_batch >= 0 && n_batches >= 1 && n_batches <= batches - first_batch,
            "batches: of one epoch");
    require(first_step >= 1, "first_step: from 1");
    call.first_batch = first_batch, call.n_batches = n_batches, call.first_step = first_step;

    require(int(numbers.coefficients.size()) == plan.n_coefficients,
            "coefficients: as the rule has");
    for (int c = 0; c < plan.n_coefficients; c++)
        call.coefficients[c] =
            make_table(numbers.coefficients[size_t(c)], m, n_batches, "coefficients");
    call.any_decay = !numbers.decay.is_none();
    if (call.any_decay) call.decay = make_table(numbers.decay, m, n_batches, "decay");
    static const double zero = 0;
    require(numbers.penalties.size() == n_penalties, "penalties: three strengths, or None");
    for (int p = 0; p < n_penalties; p++) {
        const py::object &strength = numbers.penalties[size_t(p)];
        call.any_penalty |= !strength.is_none();
        call.penalties[p] =
            strength.is_none() ? Table{&zero, 0, 0} : make_table(strength, m, 1, "penalties");
    }
    call.dropout = make_table(numbers.dropout, m, plan.n_layers, "dropout");
    for (int64_t i = 0; i < m; i++)
        for (int l = 0; l < plan.n_layers; l++)
            require(call.dropout(i, l) >= 0 && call.dropout(i, l) < (plan.drops ? 1 : 1e-300),
                    "dropout: in [0, 1), and 0 where the plan drops nothing");
    require_shape(seeds, {m}, "seeds");
    call.seeds = seeds.data();
    require_shape(loss_sum, {m}, "loss_sum");
    require_shape(outcome, {3, m}, "outcome");
    call.loss_sum = loss_sum.mutable_data();
    call.seen = outcome.mutable_data(), call.failed_step = call.seen + m,
    call.failed_layer = call.seen + 2 * m;

    py::gil_scoped_release without_python;
    const std::lock_guard<std::mutex> alone(workspace.busy);
    train_units(call, functions<T>(core), workspace, threads);
}

template <class T>
py::tuple evaluate_as(const Core &core, const Plan &plan, Workspace &workspace, const py::object &X,
                      const py::object &y, const py::object &weights, const py::object &given,
                      int threads) {
    Evaluation<T> call{};
    call.plan = plan;
    call.data = make_samples<T>(plan, X, y, weights);
    const Dense<T> parameters = exact<T>(given, "parameters");
    for (int l = 0; l < plan.n_layers; l++)
        call.n_parameters += int64_t(plan.sizes[l] + 1) * plan.sizes[l + 1];
    require(parameters.ndim() == 2 && parameters.shape(1) == call.n_parameters,
            "parameters: (m, p)");
    call.parameters = parameters.data(), call.n_members = parameters.shape(0);
    const int64_t blocks = (call.data.n + evaluation_block - 1) / evaluation_block;
    Dense<double> losses({call.n_members, blocks}), tallies({call.n_members, blocks});
    call.losses = losses.mutable_data(), call.tallies = tallies.mutable_data();
    {
        py::gil_scoped_release without_python;
        const std::lock_guard<std::mutex> alone(workspace.busy);
        evaluate_units(call, functions<T>(core), workspace, threads);
    }
    return py::make_tuple(losses, tallies);
}

// base^exponent, one by one: NumPy's own rounds differently for arrays of another length.
Dense<double> power(double base, const Dense<double> &exponents) {
    Dense<double> result(exponents.size());
    for (py::ssize_t i = 0; i < exponents.size(); i++)
        result.mutable_data()[i] = std::pow(base, exponents.data()[i]);
    return result;
}

template <class Names>
std::vector<std::string> list(const Names &names) {
    return {std::begin(names), std::end(names)};
}

}  // namespace

PYBIND11_MODULE(_native, m) {
    m.doc() = "The compiled core; clearprop.engines.native calls it.";
    std::vector<std::string> names;
    for (const Core *core : usable_cores()) names.push_back(core->name);
    m.attr("instruction_sets") = py::tuple(py::cast(names));
    m.attr("activations") = py::tuple(py::cast(list(activation_names)));
    m.attr("losses") = py::tuple(py::cast(list(loss_names)));
    m.attr("rules") = py::tuple(py::cast(list(rule_names)));
    m.attr("clippings") = py::tuple(py::cast(list(clip_names)));
    m.def("lanes", [](const std::string &name, bool single) {
        return single ? core_named(name).in_float.lanes : core_named(name).in_double.lanes;
    });
    m.def("power", &power, py::arg("base"), py::arg("exponents"));
    py::class_<Workspace>(m, "Workspace").def(py::init<>());
    py::class_<Plan>(m, "Plan").def(py::init(&make_plan), py::kw_only(), py::arg("sizes"),
                                    py::arg("activations"), py::arg("loss"), py::arg("rule"),
                                    py::arg("clip"), py::arg("limit"), py::arg("batch_size"),
                                    py::arg("scores_hits"), py::arg("drops"), py::arg("many"));
    py::class_<Numbers>(m, "Numbers")
        .def(py::init<py::object, py::object, py::object, py::object, std::vector<py::object>,
                      std::vector<py::object>, std::vector<py::object>, py::object, py::object>(),
             py::kw_only(), py::arg("X"), py::arg("y"), py::arg("weights"), py::arg("parameters"),
             py::arg("slots"), py::arg("coefficients"), py::arg("penalties"), py::arg("decay"),
             py::arg("dropout"));
    m.def(
        "train",
        [](const std::string &name, const Plan &plan, Workspace &workspace, const Numbers &numbers,
           Dense<int64_t> members, py::array_t<int64_t> order, int64_t first_batch,
           int64_t n_batches, int64_t first_step, Dense<uint64_t> seeds, Dense<double> loss_sum,
           Dense<int64_t> outcome, int threads) {
            require(threads >= 1 && threads <= 1024, "threads: 1 to 1024");
            const bool single = py::isinstance<Dense<float>>(numbers.parameters);
            (single ? train_as<float> : train_as<double>)(core_named(name), plan, workspace,
                                                          numbers, members, order, first_batch,
                                                          n_batches, first_step, seeds, loss_sum,
                                                          outcome, threads);
        },
        py::kw_only(), py::arg("instruction_set"), py::arg("plan"), py::arg("workspace"),
        py::arg("numbers"), py::arg("members").noconvert(), py::arg("order").noconvert(),
        py::arg("first_batch"), py::arg("n_batches"), py::arg("first_step"),
        py::arg("seeds").noconvert(), py::arg("loss_sum").noconvert(),
        py::arg("outcome").noconvert(), py::arg("threads"));
    m.def(
        "evaluate",
        [](const std::string &name, const Plan &plan, Workspace &workspace, py::object X,
           py::object y, py::object weights, py::object parameters, int threads) {
            require(threads >= 1 && threads <= 1024, "threads: 1 to 1024");
            const bool single = py::isinstance<Dense<float>>(parameters);
            return (single ? evaluate_as<float> : evaluate_as<double>)(core_named(name), plan,
                                                                       workspace, X, y, weights,
                                                                       parameters, threads);
        },
        py::kw_only(), py::arg("instruction_set"), py::arg("plan"), py::arg("workspace"),
        py::arg("X"), py::arg("y"), py::arg("weights"), py::arg("parameters"), py::arg("threads"));
}
