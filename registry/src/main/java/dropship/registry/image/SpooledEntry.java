package dropship.registry.image;

import dropship.registry.image.DropletLayer.Kind;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * An entry as the {@link Spool} has it.
 *
 * @param path without a slash at the end
 * @param type as in a tar's header
 * @param link target of a symbolic link, path of a hard link's
 * @param size of a file, in bytes
 * @param modified in seconds since the epoch
 * @param place of a file's content: a number of a frame if it is large, else an offset
 * @param sourceTime what a compiled Python file says of its source, in seconds, or {@link #NO_TIME}
 */
record SpooledEntry(
    String path,
    byte type,
    String link,
    int mode,
    long size,
    long modified,
    int number,
    int target,
    Kind kind,
    long place,
    long sourceTime) {
  static final long NO_TIME = -1;

  static SpooledEntry of(HomeEntry entry, long place, long sourceTime) {
    var header = entry.header();
    var name = header.getName();
    return new SpooledEntry(
        header.isDirectory() ? name.substring(0, name.length() - 1) : name,
        header.getLinkFlag(),
        header.getLinkName(),
        header.getMode(),
        header.getSize(),
        header.getLastModifiedTime().toMillis() / 1000,
        entry.number(),
        entry.target(),
        entry.kind(),
        place,
        sourceTime);
  }

  /** How many bytes come before the path; the first are number and target. */
  static final int BEFORE_PATH = 3 * Integer.BYTES + 4 * Long.BYTES + 1;

  /** The path, and how many more texts follow it: all with their lengths in two bytes. */
  static final int TEXTS = 3;

  /** What no record is larger than, in bytes. */
  static final int LARGEST = BEFORE_PATH + TEXTS * (Short.BYTES + 0xffff);

  void write(DataOutput to) throws IOException {
    to.writeInt(number);
    to.writeInt(target);
    to.writeInt(mode);
    to.writeLong(size);
    to.writeLong(modified);
    to.writeLong(place);
    to.writeLong(sourceTime);
    to.writeByte(type);
    write(to, path);
    write(to, link);
    write(to, kind.name());
  }

  private static void write(DataOutput to, String text) throws IOException {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    to.writeShort(bytes.length);
    to.write(bytes);
  }

  static SpooledEntry read(ByteBuffer from) {
    int number = from.getInt();
    int target = from.getInt();
    int mode = from.getInt();
    long size = from.getLong();
    long modified = from.getLong();
    long place = from.getLong();
    long sourceTime = from.getLong();
    byte type = from.get();
    var path = readText(from);
    var link = readText(from);
    var kind = Kind.valueOf(readText(from));
    return new SpooledEntry(
        path, type, link, mode, size, modified, number, target, kind, place, sourceTime);
  }

  private static String readText(ByteBuffer from) {
    var bytes = new byte[Short.toUnsignedInt(from.getShort())];
    from.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  boolean isDirectory() {
    return type == TarConstants.LF_DIR;
  }

  boolean isFile() {
    return type == TarConstants.LF_NORMAL;
  }

  boolean isHardLink() {
    return type == TarConstants.LF_LINK;
  }

  /**
   * The header of a layer's entry.
   *
   * @param as its path, which for one of a file's names may be another than this
   */
  LayerHeader header(String as, long modified) {
    var header = new LayerHeader(as, type);
    header.setMode(mode);
    header.setModTime(modified * 1000);
    header.setLinkName(link);
    header.setSize(isFile() ? size : 0);
    return header;
  }
}
