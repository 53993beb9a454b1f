#include "words/histogram.h"

const int64_t HISTOGRAM_BOUNDS_US[HISTOGRAM_BOUNDS] = {
    10,    25,    50,     100,    250,    500,     1000,    2500,    5000,    10000,
    25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

void histogram_add(struct histogram *histogram, int64_t us) {
    size_t at = 0;
    if (us < 0)
        us = 0;
    while (at < HISTOGRAM_BOUNDS && us > HISTOGRAM_BOUNDS_US[at])
        at++;
    histogram->buckets[at]++;
    histogram->sum_us += (uint64_t)us;
}

uint64_t histogram_up_to(const struct histogram *histogram, size_t index) {
    uint64_t count = 0;
    for (size_t i = 0; i <= index; i++)
        count += histogram->buckets[i];
    return count;
}
