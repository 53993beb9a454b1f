/* Whole numbers, exactly: without a double in between, so that no spelling is rounded. */
#include "words/json_scan.h"

/* A number as digits and a power of ten, trailing zeros moved into the power. */
struct decimal {
    uint64_t digits;
    size_t digit_count; /* significant ones */
    int64_t power;
    int64_t zeros; /* seen after the last digit that is not 0 */
};

/* No whole number within ±2^53 has more significant digits; an exponent beyond the bound belongs to
 * a number that is 0, no whole one, or far too large, however long its digits are. */
enum { DIGITS_MAX = 16 };
static const int64_t POWER_BOUND = (int64_t)1 << 48;

static void add_digit(struct decimal *decimal, unsigned digit) {
    if (digit == 0) {
        decimal->zeros += decimal->digit_count > 0;
        return;
    }
    int64_t places = decimal->zeros + 1;
    decimal->zeros = 0;
    if ((int64_t)decimal->digit_count + places > DIGITS_MAX) {
        decimal->digit_count = DIGITS_MAX + 1;
        return;
    }
    decimal->digit_count += (size_t)places;
    while (places-- > 0)
        decimal->digits *= 10;
    decimal->digits += digit;
}

static int64_t read_exponent(const char *at, const char *end) {
    bool is_negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    int64_t power = 0;
    for (; at < end; at++)
        if (power < POWER_BOUND)
            power = power * 10 + (*at - '0');
    return is_negative ? -power : power;
}

static struct decimal read_decimal(const char *at, const char *end) {
    struct decimal decimal = {0};
    bool in_fraction = false;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            in_fraction = true;
            continue;
        }
        add_digit(&decimal, (unsigned)(*at - '0'));
        decimal.power -= in_fraction;
    }
    decimal.power += decimal.zeros;
    if (at < end)
        decimal.power += read_exponent(at + 1, end);
    return decimal;
}

bool json_whole(struct json_value value, int64_t *number) {
    if (value.type != JSON_NUMBER || value.text.size == 0)
        return false;
    bool is_negative = *value.text.at == '-';
    struct decimal decimal =
        read_decimal(value.text.at + is_negative, value.text.at + value.text.size);
    if (decimal.digit_count > DIGITS_MAX)
        return false;
    if (decimal.digits == 0)
        decimal.power = 0;
    if (decimal.power < 0 || decimal.power > DIGITS_MAX - (int64_t)decimal.digit_count)
        return false;
    while (decimal.power-- > 0)
        decimal.digits *= 10;
    if (decimal.digits > (uint64_t)1 << 53)
        return false;
    *number = is_negative ? -(int64_t)decimal.digits : (int64_t)decimal.digits;
    return true;
}
