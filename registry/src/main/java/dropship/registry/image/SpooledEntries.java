package dropship.registry.image;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dropship.registry.image.DropletLayer.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.stream.IntStream;

/**
 * What has been spooled, in the order of paths: a directory, then what is in it. An entry is known
 * by its position in that order. Memory holds a few numbers of each; the rest is read from the
 * mapped index when it is wanted.
 *
 * <p>The names of one file (hard links) are a group, which must not be torn apart: all of them are
 * in the uppermost of the layers that they would be in. The first of them is the file, the others
 * link to it, whichever it was in the droplet.
 */
final class SpooledEntries implements AutoCloseable {
  private static final ValueLayout.OfInt INT = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** What an entry takes in a tar besides its content, in bytes. */
  private static final int HEADER = 512;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment index;

  /** By position: where the record is. */
  private final long[] records;

  /** By position: of the entry that has the content. For what is no hard link that is itself. */
  private final int[] file;

  /** By position of what has the content: of the first of its names. */
  private final int[] first;

  /** By the same: the layer they are in. */
  private final Kind[] kinds;

  /**
   * Reads {@code entries} records of {@code indexFile}, but those of the numbers in {@code
   * superseded}.
   */
  SpooledEntries(Path indexFile, int entries, BitSet superseded) throws IOException {
    try (var channel = FileChannel.open(indexFile, StandardOpenOption.READ)) {
      index = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
    var arrived = recordsThatStand(entries, superseded);
    records = sorted(arrived);
    file = filesOf(arrived);
    first = new int[records.length];
    kinds = new Kind[records.length];
    group();
  }

  private long[] recordsThatStand(int entries, BitSet superseded) {
    var found = new long[entries];
    int count = 0;
    long at = 0;
    for (int i = 0; i < entries; i++) {
      if (!superseded.get(number(at))) {
        found[count++] = at;
      }
      at += SpooledEntry.BEFORE_PATH;
      for (int text = 0; text < SpooledEntry.TEXTS; text++) {
        at += Short.BYTES + Short.toUnsignedInt(index.get(SHORT, at));
      }
    }
    return Arrays.copyOf(found, count);
  }

  private long[] sorted(long[] arrived) {
    return Arrays.stream(arrived)
        .boxed()
        .sorted((a, b) -> compare(index, pathOf(a), pathLength(a), index, pathOf(b), pathLength(b)))
        .mapToLong(Long::longValue)
        .toArray();
  }

  /** Targets of links have come before them, so what they link to is known by then. */
  private int[] filesOf(long[] arrived) {
    int numbers = arrived.length == 0 ? 0 : number(arrived[arrived.length - 1]) + 1;
    var positions = new int[numbers];
    Arrays.fill(positions, -1);
    for (int i = 0; i < records.length; i++) {
      positions[number(records[i])] = i;
    }
    var files = new int[records.length];
    for (var record : arrived) {
      int own = positions[number(record)];
      int target = positions[target(record)];
      files[own] = target < 0 || target == own ? own : files[target];
    }
    return files;
  }

  private void group() {
    Arrays.fill(first, -1);
    for (int i = 0; i < records.length; i++) {
      var entry = get(i);
      int group = file[i];
      if (first[group] < 0) {
        first[group] = i;
      }
      // A link to what is not here is to what is in the app's layer already.
      var kind = group == i && entry.isHardLink() ? Kind.app : entry.kind();
      kinds[group] = kinds[group] == null || kinds[group].compareTo(kind) < 0 ? kind : kinds[group];
    }
  }

  /** Puts what is less than {@code minimum} bytes, as a tar, into the app's layer. */
  void mergeSmallLayers(long minimum) {
    var sizes = new EnumMap<Kind, Long>(Kind.class);
    for (int i = 0; i < size(); i++) {
      sizes.merge(kind(i), HEADER + (isFirstName(i) ? get(file[i]).size() : 0), Long::sum);
    }
    for (int i = 0; i < size(); i++) {
      if (sizes.getOrDefault(kind(i), minimum) < minimum) {
        kinds[file[i]] = Kind.app;
      }
    }
  }

  int size() {
    return records.length;
  }

  SpooledEntry get(int position) {
    long record = records[position];
    long length = Math.min(SpooledEntry.LARGEST, index.byteSize() - record);
    return SpooledEntry.read(index.asSlice(record, length).asByteBuffer());
  }

  /** The layer that it is in. */
  Kind kind(int position) {
    return kinds[file[position]];
  }

  boolean has(Kind kind) {
    return IntStream.range(0, size()).anyMatch(i -> kind(i) == kind);
  }

  /** Whether {@link #file} is the entry itself, as it is but for hard links. */
  boolean isItsOwnFile(int position) {
    return file[position] == position;
  }

  /** The entry that has the content, or whatever else there is to say, of this one. */
  SpooledEntry file(int position) {
    return get(file[position]);
  }

  /** Whether, of all names of a file, this comes first; so it does for what has one name. */
  boolean isFirstName(int position) {
    return firstName(position) == position;
  }

  int firstName(int position) {
    return first[file[position]];
  }

  /** The position of the entry with that path, or a negative number. */
  int find(String path) {
    int position = from(path);
    return position < size() && get(position).path().equals(path) ? position : -1;
  }

  /** The first position whose path is {@code path} or comes after it. */
  int from(String path) {
    var wanted = MemorySegment.ofArray(path.getBytes(StandardCharsets.UTF_8));
    int low = 0;
    int high = size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      long record = records[middle];
      if (compare(index, pathOf(record), pathLength(record), wanted, 0, wanted.byteSize()) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static int compare(
      MemorySegment a, long aStart, long aLength, MemorySegment b, long bStart, long bLength) {
    long same = MemorySegment.mismatch(a, aStart, aStart + aLength, b, bStart, bStart + bLength);
    if (same < 0 || same == aLength || same == bLength) {
      return Long.compare(aLength, bLength);
    }
    return rank(a.get(JAVA_BYTE, aStart + same)) - rank(b.get(JAVA_BYTE, bStart + same));
  }

  /** What is below a directory comes before what only begins with the directory's name. */
  private static int rank(byte character) {
    return character == '/' ? 0 : Byte.toUnsignedInt(character);
  }

  private int number(long record) {
    return index.get(INT, record);
  }

  private int target(long record) {
    return index.get(INT, record + Integer.BYTES);
  }

  private static long pathOf(long record) {
    return record + SpooledEntry.BEFORE_PATH + Short.BYTES;
  }

  private int pathLength(long record) {
    return Short.toUnsignedInt(index.get(SHORT, record + SpooledEntry.BEFORE_PATH));
  }

  @Override
  public void close() {
    arena.close();
  }
}
