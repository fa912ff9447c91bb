// Element types, without the toolkit's headers, which machines that only run programs lack.
// ELEMENT: 32 for float32, 16 for float16, 17 for bfloat16. VECTOR: whether all operands may be read
// 16 (or, where a line says so, 8) bytes at a time; else every access is one element.

typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#if ELEMENT == 32
typedef float T;
#else
typedef u16 T;
#endif

#define DEVICE static __device__ __forceinline__
#define ALL 0xffffffffu

// Elements of type T in 16 bytes: what one access moves.
#define WIDE (ELEMENT == 32 ? 4 : 8)

#if ELEMENT == 32

DEVICE float widen(T x) { return x; }
DEVICE T narrow(float x) { return x; }

#elif ELEMENT == 16

DEVICE float widen(T x) {
  float f;
  asm("cvt.f32.f16 %0, %1;" : "=f"(f) : "h"(x));
  return f;
}

DEVICE T narrow(float x) {
  T h;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(h) : "f"(x));
  return h;
}

#else

DEVICE float widen(T x) { return __uint_as_float((u32)x << 16); }

DEVICE T narrow(float x) {
#if __CUDA_ARCH__ >= 800
  T h;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(h) : "f"(x));
  return h;
#else
  u32 bits = __float_as_uint(x);
  // To nearest, ties to even; a carry into the exponent is right. NaN stays one.
  return x == x ? (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16 : 0x7fc0;
#endif
}

#endif

DEVICE void widen2(u32 pair, float& low, float& high) {
#if ELEMENT == 17
  low = __uint_as_float(pair << 16);
  high = __uint_as_float(pair & 0xffff0000u);
#elif ELEMENT == 16
  low = widen((T)(pair & 0xffff));
  high = widen((T)(pair >> 16));
#endif
}

DEVICE u32 narrow2(float low, float high) {
  u32 pair = 0;
#if ELEMENT == 17 && __CUDA_ARCH__ >= 800
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
#elif ELEMENT == 16 && __CUDA_ARCH__ >= 800
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
#elif ELEMENT != 32
  pair = (u32)narrow(low) | (u32)narrow(high) << 16;
#endif
  return pair;
}

DEVICE float4 load_floats(const float* p) {
#if VECTOR
  return *(const float4*)p;
#else
  return make_float4(p[0], p[1], p[2], p[3]);
#endif
}

DEVICE void store_floats(float* p, float4 v) {
#if VECTOR
  *(float4*)p = v;
#else
  p[0] = v.x;
  p[1] = v.y;
  p[2] = v.z;
  p[3] = v.w;
#endif
}

// Four elements as they lie in memory: 16 bytes of float32, 8 of the short types.
struct Four {
#if ELEMENT == 32
  float4 raw;
#else
  uint2 raw;
#endif
};

DEVICE Four load_four(const T* p) {
  Four four;
#if ELEMENT == 32
  four.raw = load_floats(p);
#elif VECTOR
  four.raw = *(const uint2*)p;
#else
  four.raw = make_uint2((u32)p[0] | (u32)p[1] << 16, (u32)p[2] | (u32)p[3] << 16);
#endif
  return four;
}

DEVICE float4 widen(Four four) {
#if ELEMENT == 32
  return four.raw;
#else
  float4 v;
  widen2(four.raw.x, v.x, v.y);
  widen2(four.raw.y, v.z, v.w);
  return v;
#endif
}

DEVICE void store_four(T* p, float4 v) {
#if ELEMENT == 32
  store_floats(p, v);
#elif VECTOR
  *(uint2*)p = make_uint2(narrow2(v.x, v.y), narrow2(v.z, v.w));
#else
  p[0] = narrow(v.x);
  p[1] = narrow(v.y);
  p[2] = narrow(v.z);
  p[3] = narrow(v.w);
#endif
}

// WIDE elements as they lie in memory: 16 bytes. Where VECTOR is 0 there is one of them.
#if VECTOR
#define LANES WIDE
struct Pack {
  uint4 raw;
};
#else
#define LANES 1
struct Pack {
  T raw;
};
#endif

DEVICE Pack load_pack(const T* p) {
  Pack pack;
#if VECTOR
  pack.raw = *(const uint4*)p;
#else
  pack.raw = *p;
#endif
  return pack;
}

DEVICE void widen(Pack pack, float (&v)[LANES]) {
#if !VECTOR
  v[0] = widen(pack.raw);
#elif ELEMENT == 32
  v[0] = __uint_as_float(pack.raw.x);
  v[1] = __uint_as_float(pack.raw.y);
  v[2] = __uint_as_float(pack.raw.z);
  v[3] = __uint_as_float(pack.raw.w);
#else
  widen2(pack.raw.x, v[0], v[1]);
  widen2(pack.raw.y, v[2], v[3]);
  widen2(pack.raw.z, v[LANES - 4], v[LANES - 3]);
  widen2(pack.raw.w, v[LANES - 2], v[LANES - 1]);
#endif
}

DEVICE void store_pack(T* p, const float (&v)[LANES]) {
#if !VECTOR
  *p = narrow(v[0]);
#elif ELEMENT == 32
  *(float4*)p = make_float4(v[0], v[1], v[2], v[3]);
#else
  *(uint4*)p = make_uint4(
      narrow2(v[0], v[1]),
      narrow2(v[2], v[3]),
      narrow2(v[LANES - 4], v[LANES - 3]),
      narrow2(v[LANES - 2], v[LANES - 1]));
#endif
}

DEVICE float warp_sum(float x) {
#pragma unroll
  for (int offset = 16; offset > 0; offset /= 2) {
    x += __shfl_xor_sync(ALL, x, offset);
  }
  return x;
}

// 1 / (1 + exp(-x)); for large -x the exponential is infinite and the quotient 0.
DEVICE float sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }
