#include "words/percent.h"

static int hex_digit(char byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

int percent_byte(struct span text) {
    if (text.size < 3 || text.at[0] != '%' || hex_digit(text.at[1]) < 0 ||
        hex_digit(text.at[2]) < 0)
        return -1;
    return hex_digit(text.at[1]) * 16 + hex_digit(text.at[2]);
}
