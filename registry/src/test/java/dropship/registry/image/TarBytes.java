package dropship.registry.image;

import java.util.stream.IntStream;

/** Headers of a tar changed in place: what no library would write. */
final class TarBytes {
  static final int MODE = 100;
  static final int UID = 108;
  static final int GID = 116;
  static final int SIZE = 124;
  static final int MTIME = 136;
  static final int CHECKSUM = 148;
  static final int MAGIC = 257;
  static final int BLOCK = 512;

  private TarBytes() {}

  /** Where headers begin. */
  static IntStream headers(byte[] tar) {
    return IntStream.range(0, tar.length / BLOCK)
        .map(block -> block * BLOCK)
        .filter(at -> tar[at + MAGIC] == 'u' && tar[at + MAGIC + 1] == 's');
  }

  /** Sets a number of the last header in base 256, as for what has too many octal digits. */
  static void setBase256(byte[] tar, int field, long value) {
    int start = headers(tar).max().orElseThrow() + field;
    int length = field == SIZE || field == MTIME ? 12 : 8;
    for (int i = 0; i < length; i++) {
      int shift = 8 * (length - 1 - i);
      tar[start + i] = (byte) (value >> Math.min(shift, 63));
    }
    tar[start] |= (byte) 0x80; // base 256; of a negative number it is set already
    correctChecksums(tar);
  }

  /** So that what was changed is seen at all. */
  static void correctChecksums(byte[] tar) {
    headers(tar)
        .forEach(header -> {
          int sum = 8 * ' ';
          for (int i = 0; i < BLOCK; i++) {
            sum += i >= CHECKSUM && i < CHECKSUM + 8 ? 0 : tar[header + i] & 0xff;
          }
          var octal = "%06o\0 ".formatted(sum);
          for (int i = 0; i < 8; i++) {
            tar[header + CHECKSUM + i] = (byte) octal.charAt(i);
          }
        });
  }
}
