package dev.tessera.models.nn;

import dev.tessera.models.fused.ScaledSum;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The U-Nets that EDM trains (Karras et al. 2022, appendix F): DDPM++ and NCSN++ of Song et al.
 * 2021 and ADM of Dhariwal and Nichol 2021. Blocks also halve and double the size.
 */
final class EdmUnet implements Backbone {

  private final UnetForm form;
  private final ConditionEmbedding embedding;
  private final Conv2d input;
  private final List<UnetBlock> down = new ArrayList<>();

  /** In NCSN++, what adds the halved picture to the features, one a halving block. */
  private final List<Conv2d> pictures = new ArrayList<>();

  private final List<UnetBlock> middle;
  private final List<UnetBlock> up = new ArrayList<>();
  private final GroupNorm norm;
  private final Conv2d output;

  /** One map of features: its number of features and its side. */
  private record Place(int features, int side) {}

  EdmUnet(Scope scope, UnetForm form, BackboneShape shape) {
    this.form = form;
    int base = form.first();
    embedding = form.embedding(scope.child("noise"), shape);
    input = form.convolution(scope.child("input"), shape.channels(), base, 3);
    Deque<Integer> skips = new ArrayDeque<>(List.of(base));
    Place last = declareDown(scope.child("down"), new Place(base, shape.height()), skips, shape);
    UnetBlock.Plan plain = UnetBlock.Plan.of(last.features, last.features);
    middle =
        List.of(
            new UnetBlock(scope.child("middle").segment("0"), form, plain.attending(true)),
            new UnetBlock(scope.child("middle").segment("1"), form, plain));
    int features = declareUp(scope.child("up"), last, skips);
    norm = new GroupNorm(scope.child("norm"), features, form.eps());
    output = form.last(scope.child("output"), features, shape.outputs(), 3);
  }

  private Place declareDown(Scope scope, Place first, Deque<Integer> skips, BackboneShape shape) {
    int current = first.features;
    int side = first.side;
    int picture = shape.channels();
    for (int level = 0; level < form.multipliers().size(); level++) {
      Scope at = scope.child(level);
      if (level > 0) {
        side /= 2;
        UnetBlock.Plan halving = UnetBlock.Plan.of(current, current);
        down.add(new UnetBlock(at.segment("halve"), form, halving.resizing(UnetBlock.Size.HALVED)));
        skips.push(current);
        if (form.kind() == UnetForm.Kind.NCSN_PLUS_PLUS) {
          pictures.add(Conv2d.xavierWide(at.child("picture"), picture, current, 3));
          picture = current;
        }
      }
      int out = form.channels() * form.multipliers().get(level);
      for (int i = 0; i < form.blocks(); i++) {
        UnetBlock.Plan plan = UnetBlock.Plan.of(current, out).attending(form.attends(side));
        down.add(new UnetBlock(at.segment(Integer.toString(i)), form, plan));
        current = out;
        skips.push(current);
      }
    }
    return new Place(current, side);
  }

  private int declareUp(Scope scope, Place first, Deque<Integer> skips) {
    int current = first.features;
    int side = first.side;
    int top = form.multipliers().size() - 1;
    for (int level = top; level >= 0; level--) {
      Scope at = scope.child(level);
      if (level < top) {
        side *= 2;
        UnetBlock.Plan doubling = UnetBlock.Plan.of(current, current);
        up.add(
            new UnetBlock(at.segment("double"), form, doubling.resizing(UnetBlock.Size.DOUBLED)));
      }
      int out = form.channels() * form.multipliers().get(level);
      for (int i = 0; i <= form.blocks(); i++) {
        UnetBlock.Plan plan =
            UnetBlock.Plan.of(current + skips.pop(), out).attending(form.attendsUp(side, i));
        up.add(new UnetBlock(at.segment(Integer.toString(i)), form, plan));
        current = out;
      }
    }
    return current;
  }

  @Override
  public double labelScale() {
    return embedding.labelScale();
  }

  @Override
  public Tensor features(Tensor noiseLevel) {
    return embedding.features(noiseLevel);
  }

  @Override
  public Tensor apply(Tensor x, Tensor noiseLevel, Tensor label, Tensor augment) {
    Tensor condition = embedding.apply(noiseLevel, label, augment);
    Tensor h = input.apply(x);
    Deque<Tensor> skips = new ArrayDeque<>(List.of(h));
    Tensor picture = x;
    int halvings = 0;
    for (UnetBlock block : down) {
      h = block.apply(h, condition);
      if (block.resizes() && !pictures.isEmpty()) {
        Tensor halved = Resampling.halvedWithin(pictures.get(halvings++).apply(picture));
        h = new ScaledSum(form.balance()).apply(h, halved);
        picture = h;
      }
      skips.push(h);
    }
    for (UnetBlock block : middle) {
      h = block.apply(h, condition);
    }
    for (UnetBlock block : up) {
      h = block.resizes() ? block.apply(h, condition) : block.apply(h, skips.pop(), condition);
    }
    return output.apply(norm.silu(h)).master();
  }
}
