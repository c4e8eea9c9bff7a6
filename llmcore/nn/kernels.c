/* One token through a transformer of the lab: what `llmcore.nn.decode.FastPass` computes, in one call.

   Every weight is read once and used once, so the loops only have to keep up with memory: they read
   rows in order and ask for what comes next, and each thread takes its own rows. Weights are
   fp32, bf16, or blocks of 32 whole numbers of 8 or 4 bits with a scale (4 bits: and a least value);
   what comes in and all sums are fp32. Compiled by llmcore.nn.kernels, which checks nothing here:
   sizes are those of a model that was built. */

#include <math.h>
#include <stdint.h>
#include <string.h>

#define BLOCK 32
enum { FP32, BF16, INT8, INT4 };

typedef struct {
    int64_t kind, rows, cols;
    const void *weights;
    const float *scales, *least; /* of each block; least: 4 bits only */
    const float *bias;           /* or NULL */
} Matrix;

typedef struct {
    const float *weight, *bias; /* bias NULL: RMSNorm, without a mean to subtract */
} Norm;

typedef struct {
    Norm attention_norm, feed_forward_norm;
    Matrix qkv, output, up, down;
    const float *q_norm, *k_norm; /* or NULL */
    int64_t turns;                /* whether RoPE turns queries and keys here */
} Layer;

typedef struct {
    int64_t n_layers, d_model, n_heads, kv_heads, d_head, d_inner, gated;
    float eps;
    const Layer *layers;
    Norm final_norm;
    Matrix head;
} Model;

/* Sixteen numbers at a time: gcc and clang make of it what the processor has. Only the widening of
   small whole numbers is written out for x86, since gcc would do that one number at a time. */
typedef float Floats __attribute__((vector_size(64)));
#define WIDE 16

static inline Floats floats(const float *at) {
    Floats v;
    memcpy(&v, at, sizeof v);
    return v;
}

#if defined(__AVX512F__)
#include <immintrin.h>
static inline __m128i sixteen(const void *at) { return _mm_loadu_si128((const __m128i *)at); }
static inline Floats from_bytes(const int8_t *at) {
    return (Floats)_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(sixteen(at)));
}
static inline Floats from_bf16(const uint16_t *at) {
    __m256i halves = _mm256_loadu_si256((const __m256i *)at);
    return (Floats)_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
static inline void from_nibbles(const uint8_t *at, Floats *low, Floats *high) {
    __m512i whole = _mm512_cvtepu8_epi32(sixteen(at));
    *low = (Floats)_mm512_cvtepi32_ps(_mm512_and_si512(whole, _mm512_set1_epi32(15)));
    *high = (Floats)_mm512_cvtepi32_ps(_mm512_srli_epi32(whole, 4));
}
#elif defined(__AVX2__)
#include <immintrin.h>
static inline Floats joined(__m256 first, __m256 second) {
    Floats v;
    memcpy(&v, &first, sizeof first);
    memcpy((char *)&v + sizeof first, &second, sizeof second);
    return v;
}
static inline __m128i eight(const void *at) { return _mm_loadl_epi64((const __m128i *)at); }
static inline __m256 of_bytes(const int8_t *at) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(eight(at)));
}
static inline Floats from_bytes(const int8_t *at) { return joined(of_bytes(at), of_bytes(at + 8)); }
static inline __m256 of_bf16(const uint16_t *at) {
    __m256i whole = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)at));
    return _mm256_castsi256_ps(_mm256_slli_epi32(whole, 16));
}
static inline Floats from_bf16(const uint16_t *at) { return joined(of_bf16(at), of_bf16(at + 8)); }
static inline void from_nibbles(const uint8_t *at, Floats *low, Floats *high) {
    __m256i one = _mm256_cvtepu8_epi32(eight(at)), two = _mm256_cvtepu8_epi32(eight(at + 8));
    __m256i mask = _mm256_set1_epi32(15);
    *low = joined(_mm256_cvtepi32_ps(_mm256_and_si256(one, mask)),
                  _mm256_cvtepi32_ps(_mm256_and_si256(two, mask)));
    *high = joined(_mm256_cvtepi32_ps(_mm256_srli_epi32(one, 4)),
                   _mm256_cvtepi32_ps(_mm256_srli_epi32(two, 4)));
}
#else
static inline Floats from_bytes(const int8_t *at) {
    Floats v;
    for (int i = 0; i < WIDE; i++) v[i] = at[i];
    return v;
}
static inline Floats from_bf16(const uint16_t *at) {
    union { uint32_t whole[WIDE]; Floats value; } u;
    for (int i = 0; i < WIDE; i++) u.whole[i] = (uint32_t)at[i] << 16;
    return u.value;
}
static inline void from_nibbles(const uint8_t *at, Floats *low, Floats *high) {
    for (int i = 0; i < WIDE; i++) (*low)[i] = at[i] & 15, (*high)[i] = at[i] >> 4;
}
#endif

/* Rows are short, and a processor that guesses what is read next begins again with each: it is
   told. Behind the end of a matrix that asks for what is not there, which does nothing. */
#ifndef AHEAD
#define AHEAD 4096
#endif
static inline void ahead(const void *at) { __builtin_prefetch((const char *)at + AHEAD); }

static inline float total(Floats v) {
    float sum = 0;
    for (int i = 0; i < WIDE; i++) sum += v[i];
    return sum;
}

static inline float widened(uint16_t half) {
    union { uint32_t whole; float value; } u = {(uint32_t)half << 16};
    return u.value;
}

/* `ROWS` rows from r on: they share what is read of x. */
#define PLAIN_ROWS(NAME, TYPE, LOAD, ONE, ROWS)                                                   \
    static void NAME(const Matrix *m, const float *x, float *y, int64_t r) {                      \
        const int64_t n = m->cols, wide = n / WIDE * WIDE;                                        \
        const TYPE *w = (const TYPE *)m->weights + r * n;                                         \
        Floats sums[ROWS] = {0};                                                                  \
        for (int64_t i = 0; i < wide; i += WIDE) {                                                \
            Floats v = floats(x + i);                                                             \
            for (int k = 0; k < ROWS; k++) {                                                      \
                ahead(w + k * n + i);                                                             \
                sums[k] += LOAD(w + k * n + i) * v;                                               \
            }                                                                                     \
        }                                                                                         \
        for (int k = 0; k < ROWS; k++) {                                                          \
            y[r + k] = total(sums[k]);                                                            \
            for (int64_t i = wide; i < n; i++) y[r + k] += ONE(w[k * n + i]) * x[i];              \
        }                                                                                         \
    }
#define SAME(v) (v)
PLAIN_ROWS(four_fp32, float, floats, SAME, 4)
PLAIN_ROWS(one_fp32, float, floats, SAME, 1)
PLAIN_ROWS(four_bf16, uint16_t, from_bf16, widened, 4)
PLAIN_ROWS(one_bf16, uint16_t, from_bf16, widened, 1)

static float row_int8(const Matrix *m, const float *x, int64_t r) {
    const int64_t blocks = m->cols / BLOCK;
    const int8_t *at = (const int8_t *)m->weights + r * m->cols;
    const float *scales = m->scales + r * blocks;
    Floats sum = {0};
    for (int64_t b = 0; b < blocks; b++, at += BLOCK, x += BLOCK) {
        ahead(at);
        sum += scales[b] * (from_bytes(at) * floats(x) + from_bytes(at + WIDE) * floats(x + WIDE));
    }
    return total(sum);
}

/* A byte holds number i of its block and number i + 16. `block_sums` are those of x. */
static float row_int4(const Matrix *m, const float *x, const float *block_sums, int64_t r) {
    const int64_t blocks = m->cols / BLOCK;
    const uint8_t *at = (const uint8_t *)m->weights + r * (m->cols / 2);
    const float *scales = m->scales + r * blocks, *least = m->least + r * blocks;
    Floats sum = {0};
    float rest = 0;
    for (int64_t b = 0; b < blocks; b++, at += WIDE, x += BLOCK) {
        Floats low, high;
        ahead(at);
        from_nibbles(at, &low, &high);
        sum += scales[b] * (low * floats(x) + high * floats(x + WIDE));
        rest += least[b] * block_sums[b];
    }
    return total(sum) + rest;
}

/* Rows from r to `end`, at most four. */
static void rows(const Matrix *m, const float *x, const float *block_sums, float *y, int64_t r,
                 int64_t end) {
    if (m->kind == FP32 && end - r == 4) {
        four_fp32(m, x, y, r);
    } else if (m->kind == BF16 && end - r == 4) {
        four_bf16(m, x, y, r);
    } else {
        for (; r < end; r++) {
            switch (m->kind) {
            case FP32: one_fp32(m, x, y, r); break;
            case BF16: one_bf16(m, x, y, r); break;
            case INT8: y[r] = row_int8(m, x, r); break;
            default: y[r] = row_int4(m, x, block_sums, r);
            }
        }
    }
}

/* y = W x + b; each thread of a parallel region takes rows of its own. y is whole afterwards. */
static void multiply(const Matrix *m, const float *x, float *y, float *block_sums) {
    if (m->kind == INT4) {
#pragma omp for schedule(static)
        for (int64_t k = 0; k < m->cols / BLOCK; k++) {
            float s = 0;
            for (int i = 0; i < BLOCK; i++) s += x[k * BLOCK + i];
            block_sums[k] = s;
        }
    }
#pragma omp for schedule(static)
    for (int64_t r = 0; r < m->rows; r += 4) {
        int64_t end = r + 4 < m->rows ? r + 4 : m->rows;
        rows(m, x, block_sums, y, r, end);
        if (m->bias)
            for (int64_t i = r; i < end; i++) y[i] += m->bias[i];
    }
}

static void normalise(const float *x, Norm norm, float eps, int64_t n, float *y) {
    float mean = 0, square = 0;
    if (norm.bias) {
        for (int64_t i = 0; i < n; i++) mean += x[i];
        mean /= n;
    }
    for (int64_t i = 0; i < n; i++) square += (x[i] - mean) * (x[i] - mean);
    float scale = 1.0f / sqrtf(square / n + eps);
    for (int64_t i = 0; i < n; i++) {
        y[i] = (x[i] - mean) * scale * norm.weight[i];
        if (norm.bias) y[i] += norm.bias[i];
    }
}

/* RoPE: the pair (i, i + D / 2) turned; cosines and sines are of this position. */
static void turn(float *x, const float *cosines, const float *sines, int64_t d_head) {
    int64_t half = d_head / 2;
    for (int64_t i = 0; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosines[i] - b * sines[i];
        x[i + half] = b * cosines[i] + a * sines[i];
    }
}

static void attend(const float *q, const float *keys, const float *values, int64_t n_seen,
                   int64_t d_head, float *scores, float *y) {
    float best = -INFINITY, total = 0, root = 1.0f / sqrtf((float)d_head);
    for (int64_t t = 0; t < n_seen; t++) {
        const float *k = keys + t * d_head;
        float s = 0;
        for (int64_t i = 0; i < d_head; i++) s += q[i] * k[i];
        scores[t] = s * root;
        if (scores[t] > best) best = scores[t];
    }
    for (int64_t t = 0; t < n_seen; t++) total += scores[t] = expf(scores[t] - best);
    memset(y, 0, d_head * sizeof(float));
    for (int64_t t = 0; t < n_seen; t++) {
        const float *v = values + t * d_head;
        float share = scores[t] / total;
        for (int64_t i = 0; i < d_head; i++) y[i] += share * v[i];
    }
}

static void prepare_heads(const Model *m, const Layer *layer, float *qkv, const float *cosines,
                          const float *sines, float *keys, float *values, int64_t room,
                          int64_t position) {
    int64_t H = m->n_heads, kv = m->kv_heads, D = m->d_head;
    for (int64_t h = 0; h < H + kv; h++) {
        float *one = qkv + h * D;
        const float *weight = h < H ? layer->q_norm : layer->k_norm;
        if (weight) normalise(one, (Norm){weight, NULL}, m->eps, D, one);
        if (layer->turns) turn(one, cosines, sines, D);
    }
    for (int64_t h = 0; h < kv; h++) {
        memcpy(keys + (h * room + position) * D, qkv + (H + h) * D, D * sizeof(float));
        memcpy(values + (h * room + position) * D, qkv + (H + kv + h) * D, D * sizeof(float));
    }
}

static void bend(const Model *m, float *inner) {
    int64_t F = m->d_inner;
#pragma omp for schedule(static)
    for (int64_t i = 0; i < F; i++) {
        float g = inner[i];
        if (m->gated)
            inner[i] = g / (1.0f + expf(-g)) * inner[F + i];
        else
            inner[i] = 0.5f * g * (1.0f + tanhf(0.7978845608f * (g + 0.044715f * g * g * g)));
    }
}

/* x (C): the token's embedding in, the state after the last norm out. cache: keys and values,
   (L, 2, H_kv, room, D). scratch: 2 C + (H + 2 H_kv) D + H D + 2 F + H room + widest / 32 floats. */
void step(const Model *m, float *x, float *cache, int64_t room, int64_t position,
          const float *cosines, const float *sines, float *logits, float *scratch, int64_t threads) {
    int64_t C = m->d_model, H = m->n_heads, kv = m->kv_heads, D = m->d_head;
    float *normed = scratch, *added = normed + C, *qkv = added + C, *mixed = qkv + (H + 2 * kv) * D;
    float *inner = mixed + H * D, *scores = inner + 2 * m->d_inner, *block_sums = scores + H * room;
#pragma omp parallel num_threads(threads)
    {
        for (int64_t l = 0; l < m->n_layers; l++) {
            const Layer *layer = m->layers + l;
            float *keys = cache + 2 * l * kv * room * D, *values = keys + kv * room * D;
#pragma omp single
            normalise(x, layer->attention_norm, m->eps, C, normed);
            multiply(&layer->qkv, normed, qkv, block_sums);
#pragma omp single
            prepare_heads(m, layer, qkv, cosines, sines, keys, values, room, position);
#pragma omp for schedule(static)
            for (int64_t h = 0; h < H; h++) {
                int64_t shared = h / (H / kv) * room * D;
                attend(qkv + h * D, keys + shared, values + shared, position + 1, D,
                       scores + h * room, mixed + h * D);
            }
            multiply(&layer->output, mixed, added, block_sums);
#pragma omp single
            {
                for (int64_t i = 0; i < C; i++) x[i] += added[i];
                normalise(x, layer->feed_forward_norm, m->eps, C, normed);
            }
            multiply(&layer->up, normed, inner, block_sums);
            bend(m, inner);
            multiply(&layer->down, inner, added, block_sums);
#pragma omp single
            for (int64_t i = 0; i < C; i++) x[i] += added[i];
        }
#pragma omp single
        normalise(x, m->final_norm, m->eps, C, x);
        multiply(&m->head, x, logits, block_sums);
    }
}
