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

template <class T>
void train_as(const Core &core, const Plan &plan, Workspace &workspace, const Numbers &numbers,
              int threads) {
    const Training<T> call = make_training<T>(plan, numbers);
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

std::vector<std::string> rule_list() {
    std::vector<std::string> names;
    for (const RuleShape &rule : rules) names.push_back(rule.name);
    return names;
}

}  // namespace

PYBIND11_MODULE(_native, m) {
    m.doc() = "The compiled core; clearprop.engines.native calls it.";
    std::vector<std::string> names;
    for (const Core *core : usable_cores()) names.push_back(core->name);
    m.attr("instruction_sets") = py::tuple(py::cast(names));
    m.attr("activations") = py::tuple(py::cast(list(activation_names)));
    m.attr("losses") = py::tuple(py::cast(list(loss_names)));
    m.attr("rules") = py::tuple(py::cast(rule_list()));
    m.attr("penalties") = py::make_tuple("l1", "l2", "leaving_range");
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
    m.def(
        "train",
        [](const std::string &name, const Plan &plan, Workspace &workspace, int threads,
           const py::kwargs &arrays) {
            require(threads >= 1 && threads <= 1024, "threads: 1 to 1024");
            const Numbers numbers(arrays);
            const bool single = py::isinstance<Dense<float>>(numbers["parameters"]);
            (single ? train_as<float> : train_as<double>)(core_named(name), plan, workspace,
                                                          numbers, threads);
        },
        py::kw_only(), py::arg("instruction_set"), py::arg("plan"), py::arg("workspace"),
        py::arg("threads"));
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
