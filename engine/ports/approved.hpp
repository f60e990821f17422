// Approval as a type: only the risk gate can make one, so an unapproved order cannot be prepared.
#pragma once

#include <utility>

namespace polyquant {

namespace execution {
class RiskGate;
}

template <class T>
class Approved {
public:
    T const& get() const { return value_; }

private:
    friend class execution::RiskGate;

    explicit Approved(T value) : value_{std::move(value)} {}

    T value_;
};

} // namespace polyquant
