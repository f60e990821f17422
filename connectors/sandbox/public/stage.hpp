// What every service of the sandbox plays on. All outlive the services.
#pragma once

#include "connectors/sandbox/faults.hpp"
#include "connectors/sandbox/world/world.hpp"
#include "engine/runtime/clock.hpp"

namespace polyquant::sandbox {

struct Stage {
    World& world;
    FaultSource& faults;
    runtime::Clock& clock;
};

} // namespace polyquant::sandbox
