package dropship.registry.image;

import dropship.blobstore.content.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * Remembers a number for each of many paths in 12 to 24 bytes each, however long they are. Paths
 * are told apart by 64 bits of a salted hash: with half a million paths the odds of taking two for
 * one are one in a hundred million, and nobody can choose paths to raise them.
 */
final class PathTable {
  /** What {@link #get} answers for a path that is not there. */
  static final int ABSENT = -1;

  private final byte[] salt = new byte[16];
  private final MessageDigest hash = Digest.sha256();
  private long[] keys = new long[1024];
  private int[] values = new int[1024];
  private int size;

  PathTable() {
    new SecureRandom().nextBytes(salt);
    Arrays.fill(values, ABSENT);
  }

  int get(String path) {
    return values[slot(keyOf(path))];
  }

  /** Remembers {@code value}, not negative, instead of what was there. */
  void put(String path, int value) {
    if (size * 2 >= keys.length) {
      grow();
    }
    long key = keyOf(path);
    int slot = slot(key);
    if (values[slot] == ABSENT) {
      size++;
    }
    keys[slot] = key;
    values[slot] = value;
  }

  private long keyOf(String path) {
    hash.update(salt);
    return ByteBuffer.wrap(hash.digest(path.getBytes(StandardCharsets.UTF_8))).getLong();
  }

  /** Where {@code key} is, or where it would go. */
  private int slot(long key) {
    int slot = (int) (key & (keys.length - 1));
    while (values[slot] != ABSENT && keys[slot] != key) {
      slot = (slot + 1) & (keys.length - 1);
    }
    return slot;
  }

  private void grow() {
    var oldKeys = keys;
    var oldValues = values;
    keys = new long[oldKeys.length * 2];
    values = new int[oldKeys.length * 2];
    Arrays.fill(values, ABSENT);
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldValues[i] != ABSENT) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        values[slot] = oldValues[i];
      }
    }
  }
}
