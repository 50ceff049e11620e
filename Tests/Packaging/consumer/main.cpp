// The same from C++.
#include <cal.hpp>
#include <iostream>

int main() {
    cal::check_version();
    std::cout << "C++ " << cal_version() << '\n';
}
