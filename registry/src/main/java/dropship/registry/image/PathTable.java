package dropship.registry.image;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dropship.blobstore.content.Digest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * Remembers a number for each of many paths, however long they are. Paths are told apart by 64 bits
 * of a salted hash: with a million paths the odds of taking two for one are one in thirty million,
 * and nobody can choose paths to raise them.
 *
 * <p>Up to {@link #IN_MEMORY} slots take memory. A larger table is in a mapped file, so that many
 * droplets of very many entries at once are the disk's matter. For one thread.
 */
final class PathTable implements AutoCloseable {
  /** What {@link #get} answers for a path that is not there. */
  static final int ABSENT = -1;

  private static final int IN_MEMORY = 64 * 1024;
  private static final int SLOT = Long.BYTES + Integer.BYTES;

  private final byte[] salt = new byte[16];
  private final MessageDigest hash = Digest.sha256();
  private final Path scratch;
  private Arena arena = Arena.ofConfined();
  private MemorySegment table = MemorySegment.ofArray(new byte[1024 * SLOT]);
  private int slots = 1024;
  private int size;

  /** A table that goes to a file in {@code scratch} when it is large. */
  PathTable(Path scratch) {
    this.scratch = scratch;
    new SecureRandom().nextBytes(salt);
  }

  int get(String path) {
    return value(slot(keyOf(path)));
  }

  /** Remembers {@code value}, not negative, instead of what was there. */
  void put(String path, int value) throws IOException {
    if (size * 2 >= slots) {
      grow();
    }
    long key = keyOf(path);
    int slot = slot(key);
    if (value(slot) == ABSENT) {
      size++;
    }
    set(slot, key, value);
  }

  private long keyOf(String path) {
    hash.update(salt);
    return ByteBuffer.wrap(hash.digest(path.getBytes(StandardCharsets.UTF_8))).getLong();
  }

  /** Where {@code key} is, or where it would go. */
  private int slot(long key) {
    int slot = (int) (key & (slots - 1));
    while (value(slot) != ABSENT && key(slot) != key) {
      slot = (slot + 1) & (slots - 1);
    }
    return slot;
  }

  private long key(int slot) {
    return table.get(JAVA_LONG_UNALIGNED, (long) slot * SLOT);
  }

  /** In the table they are one larger: zeros are what a new one holds. */
  private int value(int slot) {
    return table.get(JAVA_INT_UNALIGNED, (long) slot * SLOT + Long.BYTES) - 1;
  }

  private void set(int slot, long key, int value) {
    table.set(JAVA_LONG_UNALIGNED, (long) slot * SLOT, key);
    table.set(JAVA_INT_UNALIGNED, (long) slot * SLOT + Long.BYTES, value + 1);
  }

  private void grow() throws IOException {
    int oldSlots = slots;
    var oldTable = table;
    var oldArena = arena;
    slots *= 2;
    arena = Arena.ofConfined();
    table = newTable();
    for (long at = 0; at < (long) oldSlots * SLOT; at += SLOT) {
      int value = oldTable.get(JAVA_INT_UNALIGNED, at + Long.BYTES) - 1;
      if (value != ABSENT) {
        long key = oldTable.get(JAVA_LONG_UNALIGNED, at);
        set(slot(key), key, value);
      }
    }
    oldArena.close();
  }

  private MemorySegment newTable() throws IOException {
    if (slots <= IN_MEMORY) {
      return MemorySegment.ofArray(new byte[slots * SLOT]);
    }
    var file = scratch.resolve(UUID.randomUUID().toString());
    try (var channel = FileChannel.open(file, CREATE_NEW, READ, WRITE, DELETE_ON_CLOSE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, (long) slots * SLOT, arena);
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
