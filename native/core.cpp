// The core for one instruction set: compiled once for each, with its own flags (see setup.py).
#include "evaluate.h"
#include "train.h"

namespace CLEARPROP_NAMESPACE {

template <class T>
constexpr clearprop::Functions<T> functions() {
    return {
        lanes<T>,
        [](const Plan &plan, int64_t rows, bool trains) {
            return plan.many ? bytes<T, true>(plan, rows, trains)
                             : bytes<T, false>(plan, rows, trains);
        },
        [](const Training<T> &call, int64_t first, int64_t count, void *memory, Team &team,
           int me) {
            (call.plan.many ? train<T, true> : train<T, false>)(call, first, count, memory, team,
                                                                me);
        },
        [](const Evaluation<T> &call, int64_t first, int64_t count, void *memory, int64_t block,
           int64_t stride) {
            (call.plan.many ? evaluate<T, true> : evaluate<T, false>)(call, first, count, memory,
                                                                      block, stride);
        },
    };
}

#define CLEARPROP_STRING_(x) #x
#define CLEARPROP_STRING(x) CLEARPROP_STRING_(x)
extern const clearprop::Core core;
const clearprop::Core core = {CLEARPROP_STRING(CLEARPROP_ISA), functions<float>(),
                              functions<double>()};

}  // namespace CLEARPROP_NAMESPACE
