package dev.tessera.jobs.gallery;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files of a gallery. */
final class GalleryFiles {

  private static final String DATA = "data";

  private GalleryFiles() {}

  /** The trajectories of four frameworks, which need no training. */
  static void writeFrameworks(Path folder) {
    PngFile.write(new FrameworksFigure().draw(), folder.resolve("frameworks.png"));
  }

  /** The picture table and the table of distances. */
  static List<Path> write(Gallery.Drawn drawn, Path folder) {
    Path picture = folder.resolve("gallery.png");
    PngFile.write(picture(drawn), picture);
    Path table = folder.resolve("gallery.md");
    try {
      Files.writeString(table, markdown(drawn));
    } catch (IOException e) {
      throw new UserException("Cannot write " + table + ": " + e.getMessage(), e);
    }
    return List.of(picture, table);
  }

  private static java.awt.image.BufferedImage picture(Gallery.Drawn drawn) {
    List<PictureTable.Label> columns = new ArrayList<>();
    columns.add(new PictureTable.Label(DATA, "floor " + PictureTable.note(drawn.floor())));
    drawn.columns().forEach(c -> columns.add(new PictureTable.Label(c.name(), c.calls())));
    List<PictureTable.Label> rows = new ArrayList<>();
    List<List<PictureTable.Cell>> cells = new ArrayList<>();
    for (Gallery.Row row : drawn.rows()) {
      rows.add(new PictureTable.Label(row.objective().name(), row.objective().choices()));
      List<PictureTable.Cell> line = new ArrayList<>();
      line.add(new PictureTable.Cell(drawn.data(), ""));
      for (int c = 0; c < row.points().size(); c++) {
        line.add(
            new PictureTable.Cell(row.points().get(c), PictureTable.note(row.distances().get(c))));
      }
      cells.add(line);
    }
    return PictureTable.around(drawn.data()).draw(columns, rows, cells);
  }

  private static String markdown(Gallery.Drawn drawn) {
    StringBuilder out = new StringBuilder("| objective |");
    drawn.columns().forEach(c -> out.append(' ').append(c.name()).append(" |"));
    out.append("\n| --- |").append(" --- |".repeat(drawn.columns().size())).append('\n');
    for (Gallery.Row row : drawn.rows()) {
      out.append("| ").append(row.objective().name()).append(" |");
      row.distances().forEach(d -> out.append(' ').append(PictureTable.note(d)).append(" |"));
      out.append('\n');
    }
    return out.append("\nFloor, two halves of the data: ")
        .append(PictureTable.note(drawn.floor()))
        .append("\n\nA normal law of the data's moments: ")
        .append(PictureTable.note(drawn.normal()))
        .append("\n")
        .toString();
  }
}
