// Group normalisation of channels-last pictures, out = dropout(silu(norm(x + shift) weight + bias)),
// and its gradients. x is T [samples, pixels, channels] in memory. SHIFTED, SILU, DROPOUT: whether
// these are there.
//
// A block has a slice of a sample's channels (whole groups) and a run of its pixels. A thread owns LANES
// neighbouring channels and goes down the pixels, a few at a time; what depends on the channel stays in
// registers. blockDim.x threads cover the slice, blockDim.y pixels; the grid is (runs, slices, samples).
//
// Where a block can keep its whole sample in shared memory (channel_norm_whole, and so backward), one
// kernel reads each element once and writes it once: the floor, 4 bytes an element of 16 bits forward
// and 6 backward. Else statistics and application are two passes, 6 and 10 bytes, of which the second
// finds in the level 2 cache what fits there.

// Pixels whose loads are under way at once; hashes take the registers of the others.
#define PIXELS (DROPOUT ? 2 : 4)
#define THREADS 256

// Most channels of a block.
#define SLICE 512

struct Place {
  int slice;      // channels of the block
  int channel;    // the thread's first
  long sample;
  int first;      // the block's pixels
  int last;
  long at;        // the thread's first element of pixel 0
};

DEVICE Place place(int channels, int pixels, int run) {
  Place p;
  p.slice = blockDim.x * LANES;
  p.channel = blockIdx.y * p.slice + threadIdx.x * LANES;
  p.sample = blockIdx.z;
  p.first = blockIdx.x * run;
  p.last = min(p.first + run, pixels);
  p.at = p.sample * pixels * channels + p.channel;
  return p;
}

// Pixels of the run FIRST to LAST that row Y of the block goes through.
DEVICE int visits(const Place& p, int y) {
  return p.first + y < p.last ? (p.last - p.first - y - 1) / (int)blockDim.y + 1 : 0;
}

DEVICE int thread() { return threadIdx.y * blockDim.x + threadIdx.x; }

extern __shared__ uint4 cache_memory[];

// Where a thread keeps the pack that it reads in visit I.
DEVICE Pack& cached(int i) {
  return ((Pack*)cache_memory)[(long)i * blockDim.x * blockDim.y + thread()];
}

// Means and sums of squared deviations of a block's groups into group_mean and group_square, by group of
// the slice. Each thread sums deviations from the first value it sees, so that neither a large mean nor
// an outlier costs digits; sums of threads, then of channels, are joined by their means.
template <bool WHOLE>
DEVICE void statistics(
    const Place& p,
    const T* __restrict__ x,
    const T* __restrict__ shift,
    long shift_stride,
    int channels,
    int group_size,
    float* group_mean,
    float* group_square) {
  __shared__ float2 cells[THREADS * LANES];
  float origin[LANES];
  float sums[LANES];
  float squares[LANES];
#pragma unroll
  for (int l = 0; l < LANES; l++) {
    origin[l] = 0;
    sums[l] = 0;
    squares[l] = 0;
  }
  int count = visits(p, threadIdx.y);
  if (count > 0) {
    widen(load_pack(x + p.at + (long)(p.first + threadIdx.y) * channels), origin);
  }
  for (int i = 0; i < count; i += PIXELS) {
    Pack packs[PIXELS];
#pragma unroll
    for (int k = 0; k < PIXELS; k++) {
      if (i + k < count) {
        long pixel = p.first + threadIdx.y + (long)(i + k) * blockDim.y;
        packs[k] = load_pack(x + p.at + pixel * channels);
      }
    }
#pragma unroll
    for (int k = 0; k < PIXELS; k++) {
      if (i + k < count) {
        if (WHOLE) {
          cached(i + k) = packs[k];
        }
        float v[LANES];
        widen(packs[k], v);
#pragma unroll
        for (int l = 0; l < LANES; l++) {
          float d = v[l] - origin[l];
          sums[l] += d;
          squares[l] = fmaf(d, d, squares[l]);
        }
      }
    }
  }
#pragma unroll
  for (int l = 0; l < LANES; l++) {
    float mean = count > 0 ? sums[l] / count : 0;
    float add = SHIFTED ? widen(shift[p.sample * shift_stride + p.channel + l]) : 0;
    cells[threadIdx.y * p.slice + threadIdx.x * LANES + l] =
        make_float2(origin[l] + mean + add, fmaxf(squares[l] - sums[l] * mean, 0));
  }
  __syncthreads();
  // Over the block's rows of pixels, one thread a channel.
  float pixels = p.last - p.first;
  for (int c = thread(); c < p.slice; c += blockDim.x * blockDim.y) {
    float mean = 0;
    for (int y = 0; y < blockDim.y; y++) {
      mean += visits(p, y) * (cells[y * p.slice + c].x - cells[c].x);
    }
    mean = cells[c].x + mean / pixels;
    float square = 0;
    for (int y = 0; y < blockDim.y; y++) {
      float2 cell = cells[y * p.slice + c];
      int n = visits(p, y);
      square += n > 0 ? cell.y + n * (cell.x - mean) * (cell.x - mean) : 0;
    }
    cells[c] = make_float2(mean, square);
  }
  __syncthreads();
  for (int g = thread(); g < p.slice / group_size; g += blockDim.x * blockDim.y) {
    const float2* own = cells + g * group_size;
    float mean = 0;
    for (int c = 0; c < group_size; c++) {
      mean += own[c].x - own[0].x;
    }
    mean = own[0].x + mean / group_size;
    float square = 0;
    for (int c = 0; c < group_size; c++) {
      square += own[c].y + pixels * (own[c].x - mean) * (own[c].x - mean);
    }
    group_mean[g] = mean;
    group_square[g] = square;
  }
  __syncthreads();
}

#if DROPOUT

struct Mask {
  u64 start;
  u64 pairs;
  float rate;
  float grow;
};

DEVICE u64 mix(u64 h, int shift, u64 multiplier) { return (h ^ (h >> shift)) * multiplier; }

DEVICE Mask mask(const long* key, long site, long pairs, float rate, float grow) {
  return {mix(*key * 0xD1342543DE82EF95ull + site, 32, 0x94D049BB133111EBull), (u64)pairs, rate, grow};
}

// What element E is multiplied with. The bits are those of the tracer's random numbers: one hash for
// elements E and E + pairs.
DEVICE float factor(const Mask& mask, u64 e) {
  bool low = e < mask.pairs;
  u64 h = mask.start + (low ? e : e - mask.pairs) * 0x9E3779B97F4A7C15ull;
  h = mix(mix(h, 30, 0xBF58476D1CE4E5B9ull), 27, 0x94D049BB133111EBull);
  h ^= h >> 31;
  u32 bits = (low ? (u32)h : (u32)(h >> 41)) & 0x7fffff;
  return ((float)bits + 0.5f) * 0x1p-23f >= mask.rate ? mask.grow : 0;
}

#endif

// What depends on a channel: y = (x + centre) scale + bias.
struct Channels {
  float centre[LANES];
  float rstd[LANES];
  float scale[LANES];
  float bias[LANES];
};

// MEANS and RSTDS begin with the group of the block's first channel.
DEVICE Channels constants(
    const Place& p,
    const T* __restrict__ shift,
    long shift_stride,
    const float* __restrict__ weight,
    const float* __restrict__ bias,
    const float* means,
    const float* rstds,
    int group_size) {
  Channels c;
#pragma unroll
  for (int l = 0; l < LANES; l++) {
    int group = (threadIdx.x * LANES + l) / group_size;
    float add = SHIFTED ? widen(shift[p.sample * shift_stride + p.channel + l]) : 0;
    c.centre[l] = add - means[group];
    c.rstd[l] = rstds[group];
    c.scale[l] = rstds[group] * weight[p.channel + l];
    c.bias[l] = bias[p.channel + l];
  }
  return c;
}

template <bool WHOLE>
DEVICE void apply(
    const Place& p,
    const Channels& c,
    const T* __restrict__ x,
    T* __restrict__ out,
    int channels,
    int pixels
#if DROPOUT
    ,
    const Mask& dropout
#endif
) {
  int count = visits(p, threadIdx.y);
  for (int i = 0; i < count; i += PIXELS) {
    Pack packs[PIXELS];
#pragma unroll
    for (int k = 0; k < PIXELS; k++) {
      if (i + k < count) {
        long pixel = p.first + threadIdx.y + (long)(i + k) * blockDim.y;
        packs[k] = WHOLE ? cached(i + k) : load_pack(x + p.at + pixel * channels);
      }
    }
#pragma unroll
    for (int k = 0; k < PIXELS; k++) {
      if (i + k < count) {
        long pixel = p.first + threadIdx.y + (long)(i + k) * blockDim.y;
        float v[LANES];
        widen(packs[k], v);
#pragma unroll
        for (int l = 0; l < LANES; l++) {
          float y = fmaf(v[l] + c.centre[l], c.scale[l], c.bias[l]);
#if SILU
          y *= sigmoid(y);
#endif
#if DROPOUT
          y *= factor(dropout, (p.sample * channels + p.channel + l) * pixels + pixel);
#endif
          v[l] = y;
        }
        store_pack(out + p.at + pixel * channels, v);
      }
    }
  }
}

// Partial statistics of a run of pixels, partial [samples, groups, runs] of (mean, sum of squares).
extern "C" __global__ void __launch_bounds__(THREADS) channel_statistics(
    const T* __restrict__ x,
    const T* __restrict__ shift,
    long shift_stride,
    float2* __restrict__ partial,
    int channels,
    int pixels,
    int group_size,
    int run) {
  __shared__ float means[SLICE];
  __shared__ float squares[SLICE];
  Place p = place(channels, pixels, run);
  statistics<false>(p, x, shift, shift_stride, channels, group_size, means, squares);
  int groups = channels / group_size;
  int own = p.slice / group_size;
  for (int g = thread(); g < own; g += blockDim.x * blockDim.y) {
    long group = p.sample * groups + blockIdx.y * own + g;
    partial[group * gridDim.x + blockIdx.x] = make_float2(means[g], squares[g]);
  }
}

// Joins the runs' statistics, one warp a sample and group.
extern "C" __global__ void __launch_bounds__(128) channel_statistics_join(
    const float2* __restrict__ partial,
    float* __restrict__ mean,
    float* __restrict__ rstd,
    int groups,
    int pixels,
    int group_size,
    int run,
    int runs,
    float eps) {
  int group = blockIdx.x * 4 + threadIdx.x / 32;
  if (group >= groups) {
    return;
  }
  partial += (long)group * runs;
  float origin = partial[0].x;
  float total = 0;
  for (int i = threadIdx.x % 32; i < runs; i += 32) {
    total += min(run, pixels - i * run) * (partial[i].x - origin);
  }
  float m = origin + warp_sum(total) / pixels;
  float square = 0;
  for (int i = threadIdx.x % 32; i < runs; i += 32) {
    float d = partial[i].x - m;
    square += partial[i].y + (float)min(run, pixels - i * run) * group_size * d * d;
  }
  square = warp_sum(square);
  if (threadIdx.x % 32 == 0) {
    mean[group] = m;
    rstd[group] = rsqrtf(square / ((float)pixels * group_size) + eps);
  }
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) channel_norm_apply(
    const T* __restrict__ x,
    const T* __restrict__ shift,
    long shift_stride,
    const float* __restrict__ weight,
    const float* __restrict__ bias,
    const float* __restrict__ mean,
    const float* __restrict__ rstd,
    T* __restrict__ out,
    const long* __restrict__ key,
    long site,
    long pairs,
    float rate,
    float grow,
    int channels,
    int pixels,
    int group_size,
    int run) {
  Place p = place(channels, pixels, run);
  long group = p.sample * (channels / group_size) + blockIdx.y * (p.slice / group_size);
  Channels c =
      constants(p, shift, shift_stride, weight, bias, mean + group, rstd + group, group_size);
#if DROPOUT
  apply<false>(p, c, x, out, channels, pixels, mask(key, site, pairs, rate, grow));
#else
  apply<false>(p, c, x, out, channels, pixels);
#endif
}

// Statistics and application in one: the block's sample and slice stay in shared memory.
extern "C" __global__ void __launch_bounds__(THREADS, 2) channel_norm_whole(
    const T* __restrict__ x,
    const T* __restrict__ shift,
    long shift_stride,
    const float* __restrict__ weight,
    const float* __restrict__ bias,
    float* __restrict__ mean,
    float* __restrict__ rstd,
    T* __restrict__ out,
    const long* __restrict__ key,
    long site,
    long pairs,
    float rate,
    float grow,
    int channels,
    int pixels,
    int group_size,
    float eps) {
  __shared__ float means[SLICE];
  __shared__ float rstds[SLICE];
  Place p = place(channels, pixels, pixels);
  statistics<true>(p, x, shift, shift_stride, channels, group_size, means, rstds);
  int own = p.slice / group_size;
  long group = p.sample * (channels / group_size) + blockIdx.y * own;
  for (int g = thread(); g < own; g += blockDim.x * blockDim.y) {
    rstds[g] = rsqrtf(rstds[g] / ((float)pixels * group_size) + eps);
    mean[group + g] = means[g];
    rstd[group + g] = rstds[g];
  }
  __syncthreads();
  Channels c = constants(p, shift, shift_stride, weight, bias, means, rstds, group_size);
#if DROPOUT
  apply<true>(p, c, x, out, channels, pixels, mask(key, site, pairs, rate, grow));
#else
  apply<true>(p, c, x, out, channels, pixels);
#endif
}

// Sums a channel needs for its gradients: of the gradient before the affine part, of its product with
// the normalised value, and, for the shift's gradient, of the normalised value.
#define SUMS (SHIFTED ? 3 : 2)

// The gradient with respect to y = normal weight + bias, and the normalised value in place of V.
DEVICE float gradient(float g, float& v, const Channels& c, int l) {
  float centred = v + c.centre[l];
#if SILU
  float y = fmaf(centred, c.scale[l], c.bias[l]);
  float s = sigmoid(y);
  g *= s * (1 + y * (1 - s));
#endif
  v = centred * c.rstd[l];
  return g;
}

// The sums over a block's pixels, by channel of the slice, into TOTALS [SUMS, slice].
template <bool WHOLE>
DEVICE void gradient_sums(
    const Place& p,
    const Channels& c,
    const T* __restrict__ grad,
    const T* __restrict__ x,
    int channels,
    int pixels,
#if DROPOUT
    const Mask& dropout,
#endif
    float* totals) {
  __shared__ float cells[THREADS * LANES];
  float sums[SUMS][LANES];
#pragma unroll
  for (int s = 0; s < SUMS; s++) {
#pragma unroll
    for (int l = 0; l < LANES; l++) {
      sums[s][l] = 0;
    }
  }
  int count = visits(p, threadIdx.y);
  for (int i = 0; i < count; i += PIXELS) {
    Pack packs[PIXELS];
    Pack grads[PIXELS];
#pragma unroll
    for (int k = 0; k < PIXELS; k++) {
      if (i + k < count) {
        long at = p.at + (p.first + threadIdx.y + (long)(i + k) * blockDim.y) * channels;
        packs[k] = load_pack(x + at);
        grads[k] = load_pack(grad + at);
      }
    }
#pragma unroll
    for (int k = 0; k < PIXELS; k++) {
      if (i + k < count) {
        if (WHOLE) {
          cached(2 * (i + k)) = packs[k];
          cached(2 * (i + k) + 1) = grads[k];
        }
        float v[LANES];
        float g[LANES];
        widen(packs[k], v);
        widen(grads[k], g);
#pragma unroll
        for (int l = 0; l < LANES; l++) {
#if DROPOUT
          long pixel = p.first + threadIdx.y + (long)(i + k) * blockDim.y;
          g[l] *= factor(dropout, (p.sample * channels + p.channel + l) * pixels + pixel);
#endif
          float d = gradient(g[l], v[l], c, l);
          sums[0][l] += d;
          sums[1][l] = fmaf(d, v[l], sums[1][l]);
          if (SHIFTED) {
            sums[SUMS - 1][l] += v[l];
          }
        }
      }
    }
  }
#pragma unroll
  for (int s = 0; s < SUMS; s++) {
    __syncthreads();
#pragma unroll
    for (int l = 0; l < LANES; l++) {
      cells[threadIdx.y * p.slice + threadIdx.x * LANES + l] = sums[s][l];
    }
    __syncthreads();
    for (int i = thread(); i < p.slice; i += blockDim.x * blockDim.y) {
      float total = 0;
      for (int y = 0; y < blockDim.y; y++) {
        total += cells[y * p.slice + i];
      }
      totals[s * p.slice + i] = total;
    }
  }
  __syncthreads();
}

// Means over a group of the gradient with respect to the normalised value, and of its product with it.
DEVICE float2 group_means(
    const float* totals, int stride, const float* __restrict__ weight, int group_size, int pixels) {
  float2 means = make_float2(0, 0);
  for (int c = 0; c < group_size; c++) {
    means.x = fmaf(weight[c], totals[c], means.x);
    means.y = fmaf(weight[c], totals[stride + c], means.y);
  }
  float size = (float)group_size * pixels;
  return make_float2(means.x / size, means.y / size);
}

// The gradient of a channel's shift: that of x, summed over the pixels.
DEVICE float shift_gradient(
    const float* totals, int stride, float weight, float rstd, float2 means, int pixels) {
  return rstd * (weight * totals[0] - pixels * means.x - totals[2 * stride] * means.y);
}

template <bool WHOLE>
DEVICE void apply_gradient(
    const Place& p,
    const Channels& c,
    const float2* means,
    const T* __restrict__ grad,
    const T* __restrict__ x,
    T* __restrict__ grad_x,
    int channels,
    int pixels,
    int group_size
#if DROPOUT
    ,
    const Mask& dropout
#endif
) {
  float inner[LANES];
  float product[LANES];
#pragma unroll
  for (int l = 0; l < LANES; l++) {
    float2 m = means[(threadIdx.x * LANES + l) / group_size];
    inner[l] = m.x * c.rstd[l];
    product[l] = m.y * c.rstd[l];
  }
  int count = visits(p, threadIdx.y);
  for (int i = 0; i < count; i += PIXELS) {
    Pack packs[PIXELS];
    Pack grads[PIXELS];
#pragma unroll
    for (int k = 0; k < PIXELS; k++) {
      if (i + k < count) {
        long at = p.at + (p.first + threadIdx.y + (long)(i + k) * blockDim.y) * channels;
        packs[k] = WHOLE ? cached(2 * (i + k)) : load_pack(x + at);
        grads[k] = WHOLE ? cached(2 * (i + k) + 1) : load_pack(grad + at);
      }
    }
#pragma unroll
    for (int k = 0; k < PIXELS; k++) {
      if (i + k < count) {
        long pixel = p.first + threadIdx.y + (long)(i + k) * blockDim.y;
        float v[LANES];
        float g[LANES];
        widen(packs[k], v);
        widen(grads[k], g);
#pragma unroll
        for (int l = 0; l < LANES; l++) {
#if DROPOUT
          g[l] *= factor(dropout, (p.sample * channels + p.channel + l) * pixels + pixel);
#endif
          float d = gradient(g[l], v[l], c, l);
          v[l] = fmaf(d, c.scale[l], -inner[l]) - v[l] * product[l];
        }
        store_pack(grad_x + p.at + pixel * channels, v);
      }
    }
  }
}

// Sums of a run of pixels, partial [samples, runs, SUMS, channels].
extern "C" __global__ void __launch_bounds__(THREADS, 2) channel_gradient_sums(
    const T* __restrict__ grad,
    const T* __restrict__ x,
    const T* __restrict__ shift,
    long shift_stride,
    const float* __restrict__ mean,
    const float* __restrict__ rstd,
    const float* __restrict__ weight,
    const float* __restrict__ bias,
    const long* __restrict__ key,
    long site,
    long pairs,
    float rate,
    float grow,
    float* __restrict__ partial,
    int channels,
    int pixels,
    int group_size,
    int run) {
  __shared__ float totals[SUMS * SLICE];
  Place p = place(channels, pixels, run);
  long group = p.sample * (channels / group_size) + blockIdx.y * (p.slice / group_size);
  Channels c =
      constants(p, shift, shift_stride, weight, bias, mean + group, rstd + group, group_size);
#if DROPOUT
  Mask dropout = mask(key, site, pairs, rate, grow);
  gradient_sums<false>(p, c, grad, x, channels, pixels, dropout, totals);
#else
  gradient_sums<false>(p, c, grad, x, channels, pixels, totals);
#endif
  for (int i = thread(); i < SUMS * p.slice; i += blockDim.x * blockDim.y) {
    long row = (p.sample * gridDim.x + blockIdx.x) * SUMS + i / p.slice;
    partial[row * channels + blockIdx.y * p.slice + i % p.slice] = totals[i];
  }
}

// Adds the runs' sums in order and makes of them what a sample's groups and channels need: sums
// [samples, 2, channels], of which the samples' total is the gradient of weight and bias, means
// [samples, groups], grad_shift. The grid is (slices, samples).
extern "C" __global__ void __launch_bounds__(THREADS) channel_gradient_join(
    const float* __restrict__ partial,
    const float* __restrict__ weight,
    const float* __restrict__ rstd,
    float* __restrict__ sums,
    float2* __restrict__ means,
    T* __restrict__ grad_shift,
    int channels,
    int pixels,
    int group_size,
    int slice,
    int runs) {
  __shared__ float joined[SUMS * SLICE];
  long sample = blockIdx.y;
  int base = blockIdx.x * slice;
  for (int i = threadIdx.x; i < SUMS * slice; i += THREADS) {
    int s = i / slice;
    int channel = base + i % slice;
    float total = 0;
#pragma unroll 8
    for (int r = 0; r < runs; r++) {
      total += partial[((sample * runs + r) * SUMS + s) * channels + channel];
    }
    joined[i] = total;
    if (s < 2) {
      sums[(sample * 2 + 1 - s) * channels + channel] = total;
    }
  }
  __syncthreads();
  int groups = channels / group_size;
  for (int i = threadIdx.x; i < slice; i += THREADS) {
    int g = i / group_size;
    int first = g * group_size;
    if (!SHIFTED && i != first) {
      continue;
    }
    float2 m = group_means(joined + first, slice, weight + base + first, group_size, pixels);
    long group = sample * groups + base / group_size + g;
    if (i == first) {
      means[group] = m;
    }
    if (SHIFTED) {
      float w = weight[base + i];
      grad_shift[sample * channels + base + i] =
          narrow(shift_gradient(joined + i, slice, w, rstd[group], m, pixels));
    }
  }
}

extern "C" __global__ void __launch_bounds__(THREADS, 2) channel_gradient_apply(
    const T* __restrict__ grad,
    const T* __restrict__ x,
    const T* __restrict__ shift,
    long shift_stride,
    const float* __restrict__ mean,
    const float* __restrict__ rstd,
    const float* __restrict__ weight,
    const float* __restrict__ bias,
    const long* __restrict__ key,
    long site,
    long pairs,
    float rate,
    float grow,
    const float2* __restrict__ means,
    T* __restrict__ grad_x,
    int channels,
    int pixels,
    int group_size,
    int run) {
  Place p = place(channels, pixels, run);
  long group = p.sample * (channels / group_size) + blockIdx.y * (p.slice / group_size);
  Channels c =
      constants(p, shift, shift_stride, weight, bias, mean + group, rstd + group, group_size);
#if DROPOUT
  Mask dropout = mask(key, site, pairs, rate, grow);
  apply_gradient<false>(
      p, c, means + group, grad, x, grad_x, channels, pixels, group_size, dropout);
#else
  apply_gradient<false>(p, c, means + group, grad, x, grad_x, channels, pixels, group_size);
#endif
}

// All of it but the samples' total, with x and grad of a sample and slice in shared memory.
extern "C" __global__ void __launch_bounds__(THREADS, 2) channel_gradient_whole(
    const T* __restrict__ grad,
    const T* __restrict__ x,
    const T* __restrict__ shift,
    long shift_stride,
    const float* __restrict__ mean,
    const float* __restrict__ rstd,
    const float* __restrict__ weight,
    const float* __restrict__ bias,
    const long* __restrict__ key,
    long site,
    long pairs,
    float rate,
    float grow,
    float* __restrict__ sums,
    T* __restrict__ grad_shift,
    T* __restrict__ grad_x,
    int channels,
    int pixels,
    int group_size) {
  __shared__ float totals[SUMS * SLICE];
  __shared__ float2 means[SLICE];
  Place p = place(channels, pixels, pixels);
  int own = p.slice / group_size;
  long group = p.sample * (channels / group_size) + blockIdx.y * own;
  Channels c =
      constants(p, shift, shift_stride, weight, bias, mean + group, rstd + group, group_size);
#if DROPOUT
  Mask dropout = mask(key, site, pairs, rate, grow);
  gradient_sums<true>(p, c, grad, x, channels, pixels, dropout, totals);
#else
  gradient_sums<true>(p, c, grad, x, channels, pixels, totals);
#endif
  int base = blockIdx.y * p.slice;
  for (int g = thread(); g < own; g += blockDim.x * blockDim.y) {
    const float* weights = weight + base + g * group_size;
    means[g] = group_means(totals + g * group_size, p.slice, weights, group_size, pixels);
  }
  __syncthreads();
  for (int i = thread(); i < p.slice; i += blockDim.x * blockDim.y) {
    sums[(p.sample * 2 + 1) * channels + base + i] = totals[i];
    sums[p.sample * 2 * channels + base + i] = totals[p.slice + i];
    if (SHIFTED) {
      float r = rstd[group + i / group_size];
      float w = weight[base + i];
      grad_shift[p.sample * channels + base + i] =
          narrow(shift_gradient(totals + i, p.slice, w, r, means[i / group_size], pixels));
    }
  }
#if DROPOUT
  apply_gradient<true>(p, c, means, grad, x, grad_x, channels, pixels, group_size, dropout);
#else
  apply_gradient<true>(p, c, means, grad, x, grad_x, channels, pixels, group_size);
#endif
}
