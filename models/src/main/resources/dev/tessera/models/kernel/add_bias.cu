// A bias for every row of a matrix, and the sums of its columns. A thread owns LANES neighbouring columns
// and goes down the rows, four at a time. blockDim.x threads cover columns, blockDim.y and gridDim.y rows.

#define ROWS 4

// Reads and writes every element once: the floor. other may be absent.
extern "C" __global__ void __launch_bounds__(256) add_bias(
    const T* __restrict__ x,
    const float* __restrict__ bias,
    const T* __restrict__ other,
    T* __restrict__ out,
    long rows,
    int width,
    float scale) {
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
    Pack others[ROWS];
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      if (row + k * step < rows) {
        packs[k] = load_pack(x + (row + k * step) * width + column);
        if (other != 0) {
          others[k] = load_pack(other + (row + k * step) * width + column);
        }
      }
    }
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      if (row + k * step < rows) {
        float v[LANES];
        float w[LANES];
        widen(packs[k], v);
        if (other != 0) {
          widen(others[k], w);
        }
#pragma unroll
        for (int l = 0; l < LANES; l++) {
          v[l] += b[l];
          if (other != 0) {
            v[l] += w[l];
          }
          v[l] *= scale;
        }
        store_pack(out + (row + k * step) * width + column, v);
      }
    }
  }
}

// Reads every element once; partial [gridDim.y, width] are sums of a block's rows, added up by column_sums.
extern "C" __global__ void __launch_bounds__(256) bias_sums(
    const T* __restrict__ x, float* __restrict__ partial, long rows, int width) {
  __shared__ float combined[256 * LANES];
  int column = (blockIdx.x * blockDim.x + threadIdx.x) * LANES;
  bool inside = column < width;
  float sums[LANES];
#pragma unroll
  for (int l = 0; l < LANES; l++) {
    sums[l] = 0;
  }
  long step = (long)gridDim.y * blockDim.y;
  for (long row = blockIdx.y * blockDim.y + threadIdx.y; row < rows; row += ROWS * step) {
    Pack packs[ROWS];
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      if (inside && row + k * step < rows) {
        packs[k] = load_pack(x + (row + k * step) * width + column);
      }
    }
#pragma unroll
    for (int k = 0; k < ROWS; k++) {
      if (inside && row + k * step < rows) {
        float v[LANES];
        widen(packs[k], v);
#pragma unroll
        for (int l = 0; l < LANES; l++) {
          sums[l] += v[l];
        }
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
