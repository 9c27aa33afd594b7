// Philox-4x64-10 (Salmon et al. 2011), number for number that of numpy.random.Philox.
#pragma once

#include "vector.h"

namespace CLEARPROP_NAMESPACE {

// Four numbers of 64 bits as a function of key and counter.
INLINE void philox(uint64_t (&x)[4], uint64_t key0, uint64_t key1) {
    for (int round = 0; round < 10; round++) {
        const auto p = (unsigned __int128)x[0] * 0xD2E7470EE14C6C93u;
        const auto q = (unsigned __int128)x[2] * 0xCA5A826395121157u;
        const uint64_t x0 = uint64_t(q >> 64) ^ x[1] ^ key0, x2 = uint64_t(p >> 64) ^ x[3] ^ key1;
        x[0] = x0, x[1] = uint64_t(q), x[2] = x2, x[3] = uint64_t(p);
        key0 += 0x9E3779B97F4A7C15u, key1 += 0xBB67AE8584CAA73Bu;
    }
}

// The draws of src/clearprop/randomness.py: uniform in [0, 1), from any place in the stream on.
class Draws {
  public:
    Draws(uint64_t seed, uint64_t purpose, uint64_t step, uint64_t layer, uint64_t from)
        : seed_(seed), purpose_(purpose), step_(step), layer_(layer), next_(from) {}

    INLINE double next() {
        if (!started_ || next_ % 4 == 0) refill();
        return double(block_[next_++ % 4] >> 11) * 0x1p-53;
    }

  private:
    INLINE void refill() {
        uint64_t x[4] = {next_ / 4 + 1, step_, layer_, 0};  // NumPy counts up before it draws
        philox(x, seed_, purpose_);
        std::memcpy(block_, x, sizeof x);
        started_ = true;
    }
    uint64_t seed_, purpose_, step_, layer_, next_;
    uint64_t block_[4];
    bool started_ = false;
};
constexpr uint64_t dropout_purpose = 3;  // randomness.py: _PURPOSES

}  // namespace CLEARPROP_NAMESPACE
