// Adds the rows of a float32 matrix in a fixed order: what blocks of another kernel have left. Columns
// below SPLIT go to one result, the others to a second. 32 columns a block; 32 threads a column take
// every 32nd row, so that a warp reads runs of 128 bytes.
extern "C" __global__ void __launch_bounds__(1024) column_sums(
    const float* __restrict__ partial,
    float* __restrict__ first,
    float* __restrict__ second,
    int rows,
    int width,
    int split) {
  __shared__ float sums[32][33];
  int column = blockIdx.x * 32 + threadIdx.x;
  float total = 0;
  if (column < width) {
#pragma unroll 4
    for (int row = threadIdx.y; row < rows; row += 32) {
      total += partial[(long)row * width + column];
    }
  }
  sums[threadIdx.y][threadIdx.x] = total;
  __syncthreads();
  if (threadIdx.y != 0 || column >= width) {
    return;
  }
  total = 0;
#pragma unroll
  for (int i = 0; i < 32; i++) {
    total += sums[i][threadIdx.x];
  }
  if (column < split) {
    first[column] = total;
  } else {
    second[column - split] = total;
  }
}
