// One step of AdamW and of a moving average over flat float32 vectors. Reads p, g, m, v, ema and writes
// p, m, v, ema, 36 bytes an element, once: the floor. The vectors may begin anywhere; from element HEAD
// on all of them lie at multiples of 16 bytes (HEAD is all of them where they lie differently).

struct Constants {
  float divisor;
  float shrink;    // rate times decay
  float rate;      // over the first moment's bias
  float spread;    // 1 / root of the second moment's bias
  float approach;
  float weight1;   // 1 - beta1
  float weight2;
  float eps;
};

DEVICE void update(float& p, float g, float& m, float& v, float& ema, const Constants& c) {
  g /= c.divisor;
  p -= c.shrink * p;
  m += c.weight1 * (g - m);
  v += c.weight2 * (g * g - v);
  p -= c.rate * m / (sqrtf(v) * c.spread + c.eps);
  ema += c.approach * (p - ema);
}

extern "C" __global__ void __launch_bounds__(256) adamw_ema(
    float* __restrict__ p,
    const float* __restrict__ g,
    float* __restrict__ m,
    float* __restrict__ v,
    float* __restrict__ ema,
    const float* __restrict__ step,
    const float* __restrict__ rate,
    const float* __restrict__ approach,
    const float* __restrict__ divisor,
    const float* __restrict__ found_inf,
    double beta1,
    double beta2,
    double eps,
    double decay,
    long elements,
    long head) {
  if (*found_inf == 1) {
    return;
  }
  // Biases in double precision, once a block: 1 - beta2 would keep four digits in single.
  __shared__ Constants shared;
  if (threadIdx.x == 0) {
    shared.divisor = *divisor;
    shared.shrink = *rate * (float)decay;
    shared.rate = *rate / (1 - pow(beta1, (double)*step));
    shared.spread = 1 / sqrt(1 - pow(beta2, (double)*step));
    shared.approach = *approach;
    shared.weight1 = 1 - beta1;
    shared.weight2 = 1 - beta2;
    shared.eps = eps;
  }
  __syncthreads();
  Constants c = shared;
  long thread = (long)blockIdx.x * 256 + threadIdx.x;
  long threads = (long)gridDim.x * 256;
  long vectors = (elements - head) / 4;
  for (long i = thread; i < vectors; i += threads) {
    long at = head + 4 * i;
    float4 ps = *(float4*)(p + at);
    float4 gs = *(const float4*)(g + at);
    float4 ms = *(float4*)(m + at);
    float4 vs = *(float4*)(v + at);
    float4 es = ema ? *(float4*)(ema + at) : make_float4(0, 0, 0, 0);
    update(ps.x, gs.x, ms.x, vs.x, es.x, c);
    update(ps.y, gs.y, ms.y, vs.y, es.y, c);
    update(ps.z, gs.z, ms.z, vs.z, es.z, c);
    update(ps.w, gs.w, ms.w, vs.w, es.w, c);
    *(float4*)(p + at) = ps;
    *(float4*)(m + at) = ms;
    *(float4*)(v + at) = vs;
    if (ema) {
      *(float4*)(ema + at) = es;
    }
  }
  // The head, and what is left behind the last vector.
  long scalars = elements - 4 * vectors;
  for (long i = thread; i < scalars; i += threads) {
    long at = i < head ? i : i + 4 * vectors;
    float pi = p[at];
    float mi = m[at];
    float vi = v[at];
    float ei = ema ? ema[at] : 0;
    update(pi, g[at], mi, vi, ei, c);
    p[at] = pi;
    m[at] = mi;
    v[at] = vi;
    if (ema) {
      ema[at] = ei;
    }
  }
}
