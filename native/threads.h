// Shares a call out to threads: one network to all of them, or one unit after another to each.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "contract.h"

namespace clearprop {

// Memory that a training keeps from call to call, a piece for each thread.
class Workspace {
  public:
    std::mutex busy;
    void *piece(size_t i, size_t bytes) {
        if (pieces_.size() <= i) pieces_.resize(i + 1);
        Piece &piece = pieces_[i];
        if (piece.bytes < bytes) {
            std::free(piece.memory);
            const size_t whole = (bytes + 63) / 64 * 64;
            piece = {std::aligned_alloc(64, whole), whole};
            if (!piece.memory) {
                piece.bytes = 0;
                throw std::bad_alloc();
            }
        }
        return piece.memory;
    }
    Workspace() = default;
    Workspace(const Workspace &) = delete;
    ~Workspace() {
        for (Piece &piece : pieces_) std::free(piece.memory);
    }

  private:
    struct Piece {
        void *memory = nullptr;
        size_t bytes = 0;
    };
    std::vector<Piece> pieces_;
};

// work(i) for i = 0 .. n-1, the last on this thread. Where the system has no more threads to give,
// there are fewer: `begin` is told how many before any of them starts to work.
template <class Begin, class Work>
void on_threads(int n, Begin begin, Work work) {
    std::atomic<bool> open{false};
    std::vector<std::thread> others;
    others.reserve(size_t(n));
    try {
        for (int i = 1; i < n; i++)
            others.emplace_back([&open, &work, i] {
                while (!open) std::this_thread::yield();
                work(i);
            });
    } catch (const std::system_error &) {
    }
    begin(1 + int(others.size()));
    open = true;
    work(0);
    for (std::thread &other : others) other.join();
}

// One network on all threads, or one unit after another on each.
template <class T>
void train_units(const Training<T> &call, const Functions<T> &core, Workspace &workspace,
                 int threads) {
    const int64_t at_once = call.plan.many ? core.lanes : 1;
    const int64_t units = (call.n_members + at_once - 1) / at_once;
    const size_t bytes = core.bytes(call.plan, call.plan.batch_size, true);
    const auto size = [&](int64_t unit) {
        return std::min(at_once, call.n_members - unit * at_once);
    };
    if (units == 1) {
        Team team;
        void *memory = workspace.piece(0, bytes);
        return on_threads(
            call.plan.many ? 1 : threads, [&](int started) { team.size = started; },
            [&](int me) { core.train(call, 0, size(0), memory, team, me); });
    }
    const int n = int(std::min<int64_t>(threads, units));
    std::vector<void *> memory;
    for (int i = 0; i < n; i++) memory.push_back(workspace.piece(size_t(i), bytes));
    std::atomic<int64_t> next{0};
    on_threads(
        n, [](int) {},
        [&](int me) {
            for (int64_t unit; (unit = next++) < units;) {
                Team alone;
                core.train(call, unit * at_once, size(unit), memory[size_t(me)], alone, 0);
            }
        });
}

template <class T>
void evaluate_units(const Evaluation<T> &call, const Functions<T> &core, Workspace &workspace,
                    int threads) {
    const int64_t at_once = call.plan.many ? core.lanes : 1;
    const int64_t blocks = (call.data.n + evaluation_block - 1) / evaluation_block;
    const size_t bytes = core.bytes(call.plan, evaluation_block, false);
    int n = int(std::min<int64_t>(threads, blocks));
    std::vector<void *> memory;
    for (int i = 0; i < n; i++) memory.push_back(workspace.piece(size_t(i), bytes));
    on_threads(
        n, [&](int started) { n = started; },
        [&](int me) {
            for (int64_t first = 0; first < call.n_members; first += at_once)
                core.evaluate(call, first, std::min(at_once, call.n_members - first),
                              memory[size_t(me)], me, n);
        });
}

}  // namespace clearprop
