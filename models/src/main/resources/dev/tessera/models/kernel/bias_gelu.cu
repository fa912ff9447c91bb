// GELU in its tanh form of rows plus a bias, and its gradients. A thread owns LANES neighbouring columns
// and goes down the rows, four at a time, so that the bias stays in registers and 64 bytes a thread are
// under way. blockDim.x threads cover columns, blockDim.y and gridDim.y rows.

#define ROWS 4

#define ROOT 0.79788456080286536f
#define CUBIC 0.044715f

// tanh(y) = 1 - 2 / (1 + exp(2 y)), right to 1e-7 where it counts: beside 1.
DEVICE float tanh_of(float x) {
  float y = ROOT * (x + CUBIC * x * x * x);
  return 1 - 2 * sigmoid(-2 * y);
}

DEVICE float gelu(float x) { return 0.5f * x * (1 + tanh_of(x)); }

DEVICE float gelu_slope(float x) {
  float t = tanh_of(x);
  return 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * ROOT * (1 + 3 * CUBIC * x * x);
}

// Reads and writes every element once: the floor.
extern "C" __global__ void __launch_bounds__(256) bias_gelu(
    const T* __restrict__ x,
    const float* __restrict__ bias,
    T* __restrict__ out,
    long rows,
    int width) {
  int column = (blockIdx.x * blockDim.x + threadIdx.x) * LANES;
  if (column >= width) {
    return;
  }
  float b[LANES];
#pragma unroll
  for (int l = 0; l < LANES; l++) {
    b[l] = bias[column + l];
  }
  long step = (long)gridDim.y * blockDim.y;
  for (long row = blockIdx.y * blockDim.y + threadIdx.y; row < rows; row += ROWS * step) {
    Pack packs[ROWS];
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      if (row + k * step < rows) {
        packs[k] = load_pack(x + (row + k * step) * width + column);
      }
    }
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      if (row + k * step < rows) {
        float v[LANES];
        widen(packs[k], v);
#pragma unroll
        for (int l = 0; l < LANES; l++) {
          v[l] = gelu(v[l] + b[l]);
        }
        store_pack(out + (row + k * step) * width + column, v);
      }
    }
  }
}

// Reads two elements and writes one: the floor but for partial [gridDim.y, width], the columns' sums.
extern "C" __global__ void __launch_bounds__(256) bias_gelu_backward(
    const T* __restrict__ grad,
    const T* __restrict__ x,
    const float* __restrict__ bias,
    T* __restrict__ grad_x,
    float* __restrict__ partial,
    long rows,
    int width) {
  __shared__ float combined[256 * LANES];
  int column = (blockIdx.x * blockDim.x + threadIdx.x) * LANES;
  bool inside = column < width;
  float b[LANES];
  float sums[LANES];
#pragma unroll
  for (int l = 0; l < LANES; l++) {
    b[l] = inside ? bias[column + l] : 0;
    sums[l] = 0;
  }
  long step = (long)gridDim.y * blockDim.y;
  for (long row = blockIdx.y * blockDim.y + threadIdx.y; row < rows; row += ROWS * step) {
    Pack packs[ROWS];
    Pack grads[ROWS];
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      if (inside && row + k * step < rows) {
        packs[k] = load_pack(x + (row + k * step) * width + column);
        grads[k] = load_pack(grad + (row + k * step) * width + column);
      }
    }
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      if (inside && row + k * step < rows) {
        float v[LANES];
        float g[LANES];
        widen(packs[k], v);
        widen(grads[k], g);
#pragma unroll
        for (int l = 0; l < LANES; l++) {
          v[l] = g[l] * gelu_slope(v[l] + b[l]);
          sums[l] += v[l];
        }
        store_pack(grad_x + (row + k * step) * width + column, v);
      }
    }
  }
  int wide = blockDim.x * LANES;
#pragma unroll
  for (int l = 0; l < LANES; l++) {
    combined[threadIdx.y * wide + threadIdx.x * LANES + l] = sums[l];
  }
  __syncthreads();
  for (int i = threadIdx.y * blockDim.x + threadIdx.x; i < wide; i += blockDim.x * blockDim.y) {
    float total = 0;
    for (int y = 0; y < blockDim.y; y++) {
      total += combined[y * wide + i];
    }
    if (blockIdx.x * wide + i < width) {
      partial[(long)blockIdx.y * width + blockIdx.x * wide + i] = total;
    }
  }
}
