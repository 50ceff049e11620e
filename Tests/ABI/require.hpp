// What the C++ programs in this folder share.
#ifndef REQUIRE_HPP
#define REQUIRE_HPP

#include <cstring>
#include <stdexcept>

#include "cal.hpp"

inline void require(bool condition, const char *what) {
    if (!condition) {
        throw std::logic_error(what);
    }
}

#define REQUIRE(condition) require((condition), #condition)

// The status that calling body throws; CAL_OK if it does not.
template <typename Body> cal_status thrown(Body body) {
    try {
        body();
    } catch (const cal::Error &error) {
        REQUIRE(std::strlen(error.what()) > 0);
        REQUIRE(std::strcmp(error.name(), cal_status_name(error.status())) == 0);
        return error.status();
    }
    return CAL_OK;
}

#endif
