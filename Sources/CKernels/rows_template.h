/* Products of rows with rows. Each is summed in the order that include/kernels.h states,
 * whatever tile it is computed in and however wide the vectors are: product and sum are rounded
 * separately, because a fused multiply-add would make bits depend on the CPU. */

enum { ISA(parts) = 16 / LANES };

/* m rows of a times n rows of b. */
INLINE void ISA(row_tile)(const int m, const int n, const float *a, const float *b, int64_t width,
                          float *out, int64_t stride) {
#pragma clang fp contract(off)
    vec sums[ROW_TILE_A][ROW_TILE_B][ISA(parts)];
    memset(sums, 0, sizeof sums);
    int64_t k = 0;
    for (; k + 16 <= width; k += 16) {
#pragma clang loop unroll(full)
        for (int p = 0; p < ISA(parts); p++) {
            const int64_t at = k + p * LANES;
            vec column[ROW_TILE_B];
#pragma clang loop unroll(full)
            for (int j = 0; j < n; j++)
                column[j] = load(b + j * width + at);
#pragma clang loop unroll(full)
            for (int i = 0; i < m; i++) {
                const vec x = load(a + i * width + at);
#pragma clang loop unroll(full)
                for (int j = 0; j < n; j++)
                    sums[i][j][p] = x * column[j] + sums[i][j][p];
            }
        }
    }
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            float lane[16];
            memcpy(lane, sums[i][j], sizeof lane);
            for (int half = 8; half > 0; half /= 2)
                for (int l = 0; l < half; l++)
                    lane[l] = lane[l] + lane[l + half];
            float sum = lane[0];
            for (int64_t rest = k; rest < width; rest++)
                sum = a[i * width + rest] * b[j * width + rest] + sum;
            out[i * stride + j] = sum;
        }
}

/* Rows of b that stay in the second-level cache while all rows of a pass by: 128 KB of them. */
static int64_t ISA(row_block)(int64_t width) {
    const int64_t rows = 32768 / (width > 0 ? width : 1) / ROW_TILE_B * ROW_TILE_B;
    return rows > ROW_TILE_B ? rows : ROW_TILE_B;
}

static void ISA(row_products)(const float *a, int64_t a_rows, const float *b, int64_t b_rows,
                              int64_t width, float *out, int64_t stride) {
    const int64_t block = ISA(row_block)(width);
    for (int64_t first = 0; first < b_rows; first += block) {
        const int64_t end = first + block < b_rows ? first + block : b_rows;
        for (int64_t i = 0; i < a_rows;) {
            const int m = a_rows - i >= ROW_TILE_A ? ROW_TILE_A : 1;
            for (int64_t j = first; j < end;) {
                const int n = end - j >= ROW_TILE_B ? ROW_TILE_B : 1;
                const float *x = a + i * width, *y = b + j * width;
                float *to = out + i * stride + j;
                if (m > 1 && n > 1)
                    ISA(row_tile)(ROW_TILE_A, ROW_TILE_B, x, y, width, to, stride);
                else if (m > 1)
                    ISA(row_tile)(ROW_TILE_A, 1, x, y, width, to, stride);
                else if (n > 1)
                    ISA(row_tile)(1, ROW_TILE_B, x, y, width, to, stride);
                else
                    ISA(row_tile)(1, 1, x, y, width, to, stride);
                j += n;
            }
            i += m;
        }
    }
}
