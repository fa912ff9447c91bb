// Layer normalisation of tokens without weights, modulated by a scale and a shift a sample, and the
// same behind a gated addition to the stream. WIDTH: of a token, a multiple of 128. GATED: whether
// the addition is there. Tokens are float32 [samples, tokens, WIDTH], row-major; shift, scale and
// gate are rows of T, one a sample, some distance apart; they are read again for every token, from
// the caches.
//
// A warp holds a token in registers, each lane four neighbouring columns out of every 128, so that
// every access of a warp is a run of 256 or 512 bytes and all of a token's are under way at once.

#define CHUNKS (WIDTH / 128)

// Reads 4 bytes an element (gated: and 2 of the delta) and writes 2 (gated: and 4 of the sum), with
// T of 16 bits: the floor. One warp a token, 8 a block.
extern "C" __global__ void __launch_bounds__(256) norm_forward(
    const float* __restrict__ x,
    const T* __restrict__ gate,
    long gate_stride,
    const T* __restrict__ delta,
    const T* __restrict__ shift,
    long shift_stride,
    const T* __restrict__ scale,
    long scale_stride,
    float* __restrict__ sum,
    T* __restrict__ out,
    float* __restrict__ mean,
    float* __restrict__ rstd,
    int samples,
    int tokens,
    float eps) {
  long token = (long)blockIdx.x * 8 + threadIdx.x / 32;
  if (token >= (long)samples * tokens) {
    return;
  }
  long sample = token / tokens;
  int column = threadIdx.x % 32 * 4;
  float4 v[CHUNKS];
#pragma unroll
  for (int i = 0; i < CHUNKS; i++) {
    v[i] = load_floats(x + token * WIDTH + i * 128 + column);
  }
#if GATED
  Four added[CHUNKS];
#pragma unroll
  for (int i = 0; i < CHUNKS; i++) {
    added[i] = load_four(delta + token * WIDTH + i * 128 + column);
  }
#pragma unroll
  for (int i = 0; i < CHUNKS; i++) {
    float4 d = widen(added[i]);
    float4 g = widen(load_four(gate + sample * gate_stride + i * 128 + column));
    v[i].x = fmaf(g.x, d.x, v[i].x);
    v[i].y = fmaf(g.y, d.y, v[i].y);
    v[i].z = fmaf(g.z, d.z, v[i].z);
    v[i].w = fmaf(g.w, d.w, v[i].w);
    store_floats(sum + token * WIDTH + i * 128 + column, v[i]);
  }
#endif
  float total = 0;
#pragma unroll
  for (int i = 0; i < CHUNKS; i++) {
    total += (v[i].x + v[i].y) + (v[i].z + v[i].w);
  }
  float m = warp_sum(total) / WIDTH;
  float squares = 0;
#pragma unroll
  for (int i = 0; i < CHUNKS; i++) {
    v[i].x -= m;
    v[i].y -= m;
    v[i].z -= m;
    v[i].w -= m;
    squares += (v[i].x * v[i].x + v[i].y * v[i].y) + (v[i].z * v[i].z + v[i].w * v[i].w);
  }
  float r = rsqrtf(warp_sum(squares) / WIDTH + eps);
#pragma unroll
  for (int i = 0; i < CHUNKS; i++) {
    float4 a = widen(load_four(scale + sample * scale_stride + i * 128 + column));
    float4 b = widen(load_four(shift + sample * shift_stride + i * 128 + column));
    float4 y;
    y.x = fmaf(v[i].x * r, 1 + a.x, b.x);
    y.y = fmaf(v[i].y * r, 1 + a.y, b.y);
    y.z = fmaf(v[i].z * r, 1 + a.z, b.z);
    y.w = fmaf(v[i].w * r, 1 + a.w, b.w);
    store_four(out + token * WIDTH + i * 128 + column, y);
  }
  if (column == 0) {
    mean[token] = m;
    rstd[token] = r;
  }
}

// The backward pass keeps two or three sums a column in registers over all tokens of a block: above
// 1024 columns two warps share a token, so that they fit.
#define WARPS_PER_TOKEN (CHUNKS <= 8 ? 1 : 2)
#define WARPS 4
#define ROWS (WARPS / WARPS_PER_TOKEN)
#define SHARE ((CHUNKS + WARPS_PER_TOKEN - 1) / WARPS_PER_TOKEN)
#define SUMS (GATED ? 3 : 2)

// Blocks a multiprocessor, from the registers that the sums and a token's operands take: twelve warps
// with nine operands' bytes each under way outweigh a dozen words that go to local memory.
#define RESIDENT (SHARE <= 4 ? 4 : SHARE <= 6 && (ELEMENT != 32 || !GATED) ? 3 : 2)

// Both sums over all lanes of a token's warps. ROUND alternates between two places in shared memory,
// so that one barrier a token is enough.
DEVICE void token_sums(float& a, float& b, int round) {
  a = warp_sum(a);
  b = warp_sum(b);
#if CHUNKS > 8
  __shared__ float2 exchange[2][WARPS];
  int warp = threadIdx.x / 32;
  if (threadIdx.x % 32 == 0) {
    exchange[round & 1][warp] = make_float2(a, b);
  }
  __syncthreads();
  float2 first = exchange[round & 1][warp & ~1];
  float2 second = exchange[round & 1][warp | 1];
  a = first.x + second.x;
  b = first.y + second.y;
#endif
}

// Reads 6 bytes an element (gated: 12, or 8 where nothing else uses the sum) and writes 4 (gated: 6),
// with T of 16 bits, once: the floor but for the partial sums, SUMS floats a column and block. A
// block has a run of tokens of one sample; partial is [samples, blocks a sample, SUMS, WIDTH], its
// sums those of shift, scale and gate.
extern "C" __global__ void __launch_bounds__(WARPS * 32, RESIDENT) norm_backward(
    const float* __restrict__ grad_sum,
    const T* __restrict__ grad,
    const float* __restrict__ x,
    const float* __restrict__ mean,
    const float* __restrict__ rstd,
    const T* __restrict__ gate,
    long gate_stride,
    const T* __restrict__ delta,
    const T* __restrict__ scale,
    long scale_stride,
    float* __restrict__ grad_x,
    T* __restrict__ grad_delta,
    float* __restrict__ partial,
    int tokens,
    int blocks,
    int run) {
  __shared__ __align__(16) float combined[ROWS][WIDTH];
  long sample = blockIdx.x / blocks;
  int first = blockIdx.x % blocks * run;
  int last = min(first + run, tokens);
  int part = threadIdx.x / 32 % WARPS_PER_TOKEN;
  int row = threadIdx.x / 32 / WARPS_PER_TOKEN;
  int column = threadIdx.x % 32 * 4;
  float4 sums[SUMS][SHARE];
#pragma unroll
  for (int s = 0; s < SUMS; s++) {
#pragma unroll
    for (int i = 0; i < SHARE; i++) {
      sums[s][i] = make_float4(0, 0, 0, 0);
    }
  }
  // All warps go round equally often: they meet at barriers.
  for (int round = 0; first + round * ROWS < last; round++) {
    int t = first + round * ROWS + row;
    bool active = t < last;
    long token = sample * tokens + t;
    float m = active ? mean[token] : 0;
    float r = active ? rstd[token] : 0;
    float4 v[SHARE];
    Four g[SHARE];
#if GATED
    float4 more[SHARE];
    Four d[SHARE];
#endif
#pragma unroll
    for (int i = 0; i < SHARE; i++) {
      int chunk = i * WARPS_PER_TOKEN + part;
      bool here = active && (CHUNKS % WARPS_PER_TOKEN == 0 || chunk < CHUNKS);
      long at = token * WIDTH + chunk * 128 + column;
      v[i] = here ? load_floats(x + at) : make_float4(0, 0, 0, 0);
      g[i] = here ? load_four(grad + at) : Four{};
#if GATED
      more[i] = here && grad_sum ? load_floats(grad_sum + at) : make_float4(0, 0, 0, 0);
      d[i] = here ? load_four(delta + at) : Four{};
#endif
    }
    float inner = 0;
    float product = 0;
#pragma unroll
    for (int i = 0; i < SHARE; i++) {
      int chunk = i * WARPS_PER_TOKEN + part;
      bool inside = CHUNKS % WARPS_PER_TOKEN == 0 || chunk < CHUNKS;
      float4 s = make_float4(0, 0, 0, 0);
      if (inside) {
        s = widen(load_four(scale + sample * scale_stride + chunk * 128 + column));
      }
      float4 w = widen(g[i]);
      v[i] = make_float4((v[i].x - m) * r, (v[i].y - m) * r, (v[i].z - m) * r, (v[i].w - m) * r);
      if (CHUNKS % WARPS_PER_TOKEN != 0 && !inside) {
        v[i] = make_float4(0, 0, 0, 0);
      }
      sums[0][i].x += w.x;
      sums[0][i].y += w.y;
      sums[0][i].z += w.z;
      sums[0][i].w += w.w;
      sums[1][i].x = fmaf(w.x, v[i].x, sums[1][i].x);
      sums[1][i].y = fmaf(w.y, v[i].y, sums[1][i].y);
      sums[1][i].z = fmaf(w.z, v[i].z, sums[1][i].z);
      sums[1][i].w = fmaf(w.w, v[i].w, sums[1][i].w);
      w = make_float4(w.x * (1 + s.x), w.y * (1 + s.y), w.z * (1 + s.z), w.w * (1 + s.w));
      inner += (w.x + w.y) + (w.z + w.w);
      product += (w.x * v[i].x + w.y * v[i].y) + (w.z * v[i].z + w.w * v[i].w);
    }
    token_sums(inner, product, round);
    inner /= WIDTH;
    product /= WIDTH;
#pragma unroll
    for (int i = 0; i < SHARE; i++) {
      int chunk = i * WARPS_PER_TOKEN + part;
      if (!active || (CHUNKS % WARPS_PER_TOKEN != 0 && chunk >= CHUNKS)) {
        continue;
      }
      long at = token * WIDTH + chunk * 128 + column;
      float4 s = widen(load_four(scale + sample * scale_stride + chunk * 128 + column));
      float4 w = widen(g[i]);
      float4 y;
      y.x = r * (w.x * (1 + s.x) - inner - v[i].x * product);
      y.y = r * (w.y * (1 + s.y) - inner - v[i].y * product);
      y.z = r * (w.z * (1 + s.z) - inner - v[i].z * product);
      y.w = r * (w.w * (1 + s.w) - inner - v[i].w * product);
#if GATED
      y = make_float4(y.x + more[i].x, y.y + more[i].y, y.z + more[i].z, y.w + more[i].w);
      float4 e = widen(d[i]);
      sums[2][i].x = fmaf(y.x, e.x, sums[2][i].x);
      sums[2][i].y = fmaf(y.y, e.y, sums[2][i].y);
      sums[2][i].z = fmaf(y.z, e.z, sums[2][i].z);
      sums[2][i].w = fmaf(y.w, e.w, sums[2][i].w);
      float4 o = widen(load_four(gate + sample * gate_stride + chunk * 128 + column));
      store_four(grad_delta + at, make_float4(y.x * o.x, y.y * o.y, y.z * o.z, y.w * o.w));
#endif
      store_floats(grad_x + at, y);
    }
  }
#pragma unroll
  for (int s = 0; s < SUMS; s++) {
    __syncthreads();
#pragma unroll
    for (int i = 0; i < SHARE; i++) {
      int chunk = i * WARPS_PER_TOKEN + part;
      if (CHUNKS % WARPS_PER_TOKEN == 0 || chunk < CHUNKS) {
        *(float4*)&combined[row][chunk * 128 + column] = sums[s][i];
      }
    }
    __syncthreads();
    for (int c = threadIdx.x; c < WIDTH; c += WARPS * 32) {
      float total = 0;
#pragma unroll
      for (int w = 0; w < ROWS; w++) {
        total += combined[w][c];
      }
      partial[((long)blockIdx.x * SUMS + s) * WIDTH + c] = total;
    }
  }
}

// Adds a sample's partial sums in the order of its blocks. One thread a sum and column.
extern "C" __global__ void __launch_bounds__(128) norm_backward_sums(
    const float* __restrict__ partial,
    T* __restrict__ grad_shift,
    T* __restrict__ grad_scale,
    T* __restrict__ grad_gate,
    int samples,
    int blocks) {
  long i = (long)blockIdx.x * 128 + threadIdx.x;
  long sample = i / (SUMS * WIDTH);
  if (sample >= samples) {
    return;
  }
  int column = i % (SUMS * WIDTH);
  float total = 0;
#pragma unroll 8
  for (int b = 0; b < blocks; b++) {
    total += partial[(sample * blocks + b) * SUMS * WIDTH + column];
  }
  int s = column / WIDTH;
  T* target = s == 0 ? grad_shift : s == 1 ? grad_scale : grad_gate;
  target[sample * WIDTH + column % WIDTH] = narrow(total);
}
