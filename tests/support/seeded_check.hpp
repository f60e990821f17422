// rapidcheck with a fixed seed, so that a failure is the same everywhere. RC_PARAMS overrides it:
// RC_PARAMS="seed=7 max_success=10000" looks further.
#pragma once

#include <rapidcheck.h>

#include <cstdlib>
#include <string>

namespace polyquant::test {

template <class Property>
bool holds(std::string const& description, Property property) {
    ::setenv("RC_PARAMS", "seed=20260414", 0);
    return rc::check(description, std::move(property));
}

} // namespace polyquant::test
