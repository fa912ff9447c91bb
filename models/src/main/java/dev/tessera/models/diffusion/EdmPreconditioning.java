package dev.tessera.models.diffusion;

import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/**
 * EDM's preconditioning (Karras et al. 2022, table 1 and section 5): {@code D(x; sigma) = c_skip x
 * + c_out F(c_in x; c_noise)} for data of standard deviation {@code sigmaData}.
 */
record EdmPreconditioning(double sigmaData) {

  /** {@code sigmaData^2 / (sigma^2 + sigmaData^2)}; sigma {@code [N]}. */
  Tensor skip(Tensor sigma) {
    return total(sigma).reciprocal().mul(sigmaData * sigmaData);
  }

  /** {@code sigma sigmaData / sqrt(sigma^2 + sigmaData^2)}. */
  Tensor out(Tensor sigma) {
    return sigma.mul(sigmaData).mul(total(sigma).rsqrt());
  }

  /** {@code 1 / sqrt(sigma^2 + sigmaData^2)}. */
  Tensor in(Tensor sigma) {
    return total(sigma).rsqrt();
  }

  /** {@code ln(sigma) / 4}. */
  Tensor noise(Tensor sigma) {
    return sigma.log().mul(0.25);
  }

  /** The weight of the squared error: {@code (sigma^2 + sigmaData^2) / (sigma sigmaData)^2}. */
  Tensor weight(Tensor sigma) {
    return total(sigma).div(sigma.mul(sigmaData).square());
  }

  private Tensor total(Tensor sigma) {
    return sigma.square().add(sigmaData * sigmaData);
  }

  /** {@code [N]} as {@code [N, 1, 1, 1]}. */
  static Tensor pixelwise(Tensor perPicture) {
    return perPicture.reshape(Shape.of(perPicture.dim(0), 1, 1, 1));
  }
}
