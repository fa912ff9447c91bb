// (a + b) scale of dense tensors that lie alike. Reads two elements and writes one: the floor. A thread
// takes four packs of 16 bytes of each operand, a block's width apart.

#define PACKS 4

extern "C" __global__ void __launch_bounds__(256) scaled_sum(
    const T* __restrict__ a,
    const T* __restrict__ b,
    T* __restrict__ out,
    float scale,
    long elements) {
  long packs = elements / LANES;
  long first = (long)blockIdx.x * PACKS * 256 + threadIdx.x;
  Pack p[PACKS];
  Pack q[PACKS];
#pragma unroll
  for (int k = 0; k < PACKS; k++) {
    if (first + k * 256 < packs) {
      p[k] = load_pack(a + (first + k * 256) * LANES);
      q[k] = load_pack(b + (first + k * 256) * LANES);
    }
  }
#pragma unroll
  for (int k = 0; k < PACKS; k++) {
    if (first + k * 256 < packs) {
      float v[LANES];
      float w[LANES];
      widen(p[k], v);
      widen(q[k], w);
#pragma unroll
      for (int l = 0; l < LANES; l++) {
        v[l] = (v[l] + w[l]) * scale;
      }
      store_pack(out + (first + k * 256) * LANES, v);
    }
  }
  // What is left of the last pack.
  long rest = packs * LANES + threadIdx.x;
  if (blockIdx.x == 0 && rest < elements) {
    out[rest] = narrow((widen(a[rest]) + widen(b[rest])) * scale);
  }
}
