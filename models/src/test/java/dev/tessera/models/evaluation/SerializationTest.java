package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Partial measures travel between the processes of a cluster. */
final class SerializationTest {

  @Test
  void partialMeasuresGoOnWhereTheyTravelTo() throws Exception {
    float[] a = Images.uniform(new Random(1), 4 * 27);
    float[] b = Images.uniform(new Random(2), 4 * 27);
    Psnr psnr = new Psnr(27, 1);
    Ssim ssim = new Ssim(3, 3, 3, 1);
    SlicedWasserstein sliced = new SlicedWasserstein(27, 8, 1);
    NearestImages nearest = new NearestImages(a, 27);
    PixelGaussian gaussian = new PixelGaussian(2, 27, 1);
    psnr.accumulate(a, b);
    ssim.accumulate(a, b);
    sliced.accumulate(a);
    nearest.accumulate(b, 0);
    gaussian.accumulate(a, 0);
    assertThat(sent(psnr).result()).isEqualTo(psnr.result());
    assertThat(sent(nearest).indices()).isEqualTo(nearest.indices());
    assertThat(sent(gaussian).result()).isEqualTo(gaussian.result());
    Ssim ssimThere = sent(ssim);
    ssimThere.accumulate(b, a);
    ssim.accumulate(b, a);
    assertThat(ssimThere.result()).isEqualTo(ssim.result());
    SlicedWasserstein slicedThere = sent(sliced);
    slicedThere.accumulate(b);
    sliced.accumulate(b);
    assertThat(slicedThere.distance(sliced)).isZero();
  }

  private static <T> T sent(T measure) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(measure);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      @SuppressWarnings("unchecked")
      T copy = (T) in.readObject();
      return copy;
    }
  }
}
