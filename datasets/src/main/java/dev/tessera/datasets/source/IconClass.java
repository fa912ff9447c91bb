package dev.tessera.datasets.source;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The classes of the embedded icons: a few families that share a subject, by the first word of the
 * icon's name. Each family has colours of its own, as apps of one kind do, so that a picture tells
 * its class at a glance; {@code SYMBOL} takes whatever belongs to none.
 *
 * <p>A palette is a background and a foreground of clear contrast.
 */
@SuppressWarnings("ImmutableEnumChecker") // Arrays and lists that nothing changes.
enum IconClass {
  FLAG(List.of(), new int[0][]),
  ARROW(
      List.of("arrow", "arrows", "chevron", "caret"),
      new int[][] {{0x2b8a3e, 0xffffff}, {0xd3f9d8, 0x237032}, {0x0f4a22, 0x8ce99a}}),
  FACE(
      List.of("emoji"),
      new int[][] {{0x364fc7, 0xffd43b}, {0x862e9c, 0xffe066}, {0xffd43b, 0x4a2c00}}),
  CHAT(
      List.of("chat", "messenger", "whatsapp", "telegram"),
      new int[][] {{0x7048e8, 0xffffff}, {0xe5dbff, 0x5f3dc4}, {0x33188a, 0xd0bfff}}),
  CLOUD(
      List.of("cloud", "clouds", "cloudy"),
      new int[][] {{0x1c7ed6, 0xffffff}, {0xd0ebff, 0x1864ab}, {0x102a4c, 0xa5d8ff}}),
  FILE(
      List.of("file", "files"),
      new int[][] {{0xd9480f, 0xfff4e6}, {0xffe8cc, 0xa63a00}, {0x5a2a0c, 0xffc078}}),
  PERSON(
      List.of("person", "people"),
      new int[][] {{0xd6336c, 0xffffff}, {0xffdeeb, 0xa61e4d}, {0x5c0f3c, 0xfaa2c1}}),
  HOUSE(
      List.of("house", "houses", "building", "buildings", "shop", "hospital", "bank"),
      new int[][] {{0xc92a2a, 0xfff5f5}, {0xffe3e3, 0xb02525}, {0x5c1010, 0xffa8a8}}),
  LETTER(
      List.of("envelope", "mailbox", "mailbox2"),
      new int[][] {{0x0b7285, 0xffffff}, {0xc5f6fa, 0x0b5f6f}, {0x07343d, 0x66d9e8}}),
  SYMBOL(
      List.of(),
      new int[][] {
        {0x16191d, 0xff6b6b},
        {0x16191d, 0xffd43b},
        {0x16191d, 0x69db7c},
        {0x16191d, 0x4dabf7},
        {0x16191d, 0xda77f2},
        {0x16191d, 0xffa94d}
      });

  private final List<String> words;
  private final int[][] palettes;

  IconClass(List<String> words, int[][] palettes) {
    this.words = words;
    this.palettes = palettes;
  }

  /** Name as in manifests and in the {@code classes} option. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Background and foreground, each 0xRRGGBB. */
  int[][] palettes() {
    return palettes;
  }

  /** The class of a one-colour icon. */
  static IconClass of(String icon) {
    String first = icon.split("-", 2)[0];
    return Arrays.stream(values())
        .filter(candidate -> candidate.words.contains(first))
        .findFirst()
        .orElse(SYMBOL);
  }
}
